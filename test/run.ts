// The test commands: find out what this machine can run, run it, and say plainly what they could not. With CI=true, a
// suite or a test that was left out is a failure.
//
//   npm test [SUITE…]              on the embedded store
//   npm run test:mongodb [SUITE…]  on mongo-java-server, or on the server that TEST_MONGODB_URI names
import { fork } from "node:child_process";
import { once } from "node:events";
import { existsSync, globSync } from "node:fs";
import { prepareMongoJavaServer } from "./mongodb/install.ts";
import { type MongoServer, startMongoJavaServer } from "./support/mongo-servers.ts";

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const missingChromium = () =>
  existsSync(CHROMIUM) ? null : `no Chromium at ${CHROMIUM} (set CHROMIUM)`;
const GIVEN = process.env.TEST_MONGODB_URI ?? "";

interface Suite {
  readonly name: string;
  readonly files: string;
  // Why it cannot run here; null: it can.
  readonly missing?: () => string | null;
}

// Those whose files take longest come first, so that no process waits for the other at the end.
const EMBEDDED: readonly Suite[] = [
  { name: "crashes", files: "test/crash/*.test.ts" },
  {
    name: "browser",
    files: "test/browser/*.test.ts",
    missing: missingChromium,
  },
  { name: "attacks", files: "test/attacks/*.test.ts" },
  { name: "journeys", files: "test/journey/*.test.ts" },
  {
    name: "clients",
    files: "test/clients/*.test.ts",
    missing: missingChromium,
  },
  {
    name: "apache",
    files: "test/apache/*.test.ts",
    missing: () =>
      existsSync("/usr/lib/apache2/modules/mod_auth_openidc.so")
        ? null
        : "no Apache with mod_auth_openidc (libapache2-mod-auth-openidc)",
  },
  { name: "adapters", files: "test/adapters/*.test.ts" },
  { name: "start", files: "test/start/*.test.ts" },
  { name: "flow", files: "test/flow/*.test.ts" },
  { name: "pages", files: "test/http/*.test.ts" },
  { name: "command line", files: "test/scripts/*.test.ts" },
  { name: "admin", files: "test/admin/*.test.ts" },
  { name: "domain", files: "test/domain/*.test.ts" },
];

// The contract and what is MongoDB's alone, and everything else that goes through a store.
const MONGODB: readonly Suite[] = [
  { name: "mongodb", files: "test/mongodb/*.test.ts" },
  { name: "crashes", files: "test/crash/*.test.ts" },
  { name: "start", files: "test/start/serve.test.ts" },
  { name: "attacks", files: "test/attacks/*.test.ts" },
  { name: "journeys", files: "test/journey/*.test.ts" },
];

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly pending: number;
}

// Runs files in a process of their own. One in which nothing ran has failed, whatever it says.
async function runFiles(
  files: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Counts> {
  const program = new URL("run-files.ts", import.meta.url);
  const child = fork(program, files, { env: { ...process.env, ...env } });
  let counts: Counts = { passed: 0, failed: 0, pending: 0 };
  child.on("message", (message) => {
    counts = message as Counts;
  });
  const [code] = await once(child, "exit");
  const isSound = code === 0 && counts.passed > 0;
  return isSound ? counts : { ...counts, failed: Math.max(1, counts.failed) };
}

async function runOnServer(files: readonly string[]): Promise<Counts> {
  const server: Pick<MongoServer, "uri" | "close"> =
    GIVEN === "" ? await startMongoJavaServer() : { uri: GIVEN, close: async () => {} };
  try {
    return await runFiles(files, { TEST_STORE_URI: server.uri });
  } finally {
    await server.close();
  }
}

async function missingServer(): Promise<string | null> {
  if (GIVEN !== "") return null;
  return (await prepareMongoJavaServer()).missing;
}

const [store, ...wanted] = process.argv.slice(2);
const onMongodb = store === "--mongodb";
if (!onMongodb && store !== undefined) wanted.unshift(store);

const chosen = (onMongodb ? MONGODB : EMBEDDED).filter(
  ({ name }) => wanted.length === 0 || wanted.includes(name),
);
const left: { readonly name: string; readonly missing: string }[] = [];
const runnable: Suite[] = [];
const noServer = onMongodb ? await missingServer() : null;
for (const suite of chosen) {
  const missing = noServer ?? suite.missing?.() ?? null;
  if (missing === null) runnable.push(suite);
  else left.push({ name: suite.name, missing });
}

const files = runnable.flatMap((suite) => globSync(suite.files).toSorted());
const names = runnable.map(({ name }) => name).join(", ");
if (files.length > 0) console.log(`${files.length} files of tests, two at a time: ${names}`);
const nothing: Counts = { passed: 0, failed: 0, pending: 0 };
const run = () => (onMongodb ? runOnServer(files) : runFiles(files, {}));
const counts = files.length > 0 ? await run() : nothing;

for (const { name, missing } of left) console.log(`not run: ${name}: ${missing}`);
if (!onMongodb && wanted.length === 0) {
  console.log("not run here: the tests on MongoDB: npm run test:mongodb");
}
const skipped = counts.pending + left.length;
console.log(`${counts.passed} passed, ${counts.failed} failed, ${skipped} skipped`);
const incomplete = process.env.CI === "true" && skipped > 0;
if (incomplete) console.log("something was left out, which CI does not accept");
process.exit(counts.failed > 0 || counts.passed === 0 || incomplete ? 1 : 0);
