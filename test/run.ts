// The test command: finds out what this machine can run, runs it, and says plainly what it could not.
// With CI=true, a suite or a test that was left out is a failure.
import { fork } from "node:child_process";
import { once } from "node:events";
import { existsSync, globSync } from "node:fs";
import { prepareFerretdb, prepareMongoJavaServer } from "./mongodb/install.ts";
import { type MongoServer, startFerretdb, startMongoJavaServer } from "./support/mongo-servers.ts";

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const GIVEN = process.env.TEST_MONGODB_URI ?? "";

interface Suite {
  readonly name: string;
  // Chosen together by one word.
  readonly group?: "mongodb";
  readonly files: readonly string[];
  // Why it cannot run here; null: it can.
  readonly missing?: () => Promise<string | null>;
  // The MongoDB server on which the stores of this suite lie; none: the embedded store.
  readonly start?: () => Promise<Pick<MongoServer, "uri" | "close">>;
  // Where a race proves nothing, racers take turns.
  readonly racers?: "in turn";
}

const JOURNEYS = "test/journey/*.test.ts";
// Without those that begin by importing many users at once: a race, which proves nothing on FerretDB.
const JOURNEYS_OF_ONE = [
  "test/journey/mail.test.ts",
  "test/journey/sign-in.test.ts",
  "test/journey/standards.test.ts",
];
const ATTACKS = "test/attacks/*.test.ts";
const CRASHES = "test/crash/*.test.ts";
const MONGODB = "test/mongodb/*.test.ts";

const SUITES: readonly Suite[] = [
  { name: "domain", files: ["test/domain/*.test.ts"] },
  { name: "flow", files: ["test/flow/*.test.ts"] },
  { name: "start", files: ["test/start/*.test.ts"] },
  { name: "adapters", files: ["test/adapters/*.test.ts"] },
  { name: "admin", files: ["test/admin/*.test.ts"] },
  { name: "command line", files: ["test/scripts/*.test.ts"] },
  { name: "pages", files: ["test/http/*.test.ts"] },
  { name: "journeys", files: [JOURNEYS] },
  { name: "attacks", files: [ATTACKS] },
  { name: "crashes", files: [CRASHES] },
  {
    name: "browser",
    files: ["test/browser/*.test.ts"],
    missing: async () =>
      existsSync(CHROMIUM) ? null : `no Chromium at ${CHROMIUM} (set CHROMIUM)`,
  },
  {
    name: "mongodb on mongo-java-server",
    group: "mongodb",
    files: [MONGODB, JOURNEYS, ATTACKS, CRASHES],
    missing: async () => (await prepareMongoJavaServer()).missing,
    start: startMongoJavaServer,
  },
  {
    name: "mongodb on FerretDB",
    group: "mongodb",
    files: ["test/mongodb/contract.test.ts", ...JOURNEYS_OF_ONE],
    missing: async () => (await prepareFerretdb()).missing,
    start: startFerretdb,
    racers: "in turn",
  },
  ...(GIVEN === "" ? [] : [onGivenServer(GIVEN)]),
];

// A real MongoDB, above all.
function onGivenServer(uri: string): Suite {
  return {
    name: "mongodb on TEST_MONGODB_URI",
    group: "mongodb",
    files: [MONGODB, JOURNEYS, ATTACKS, CRASHES],
    start: async () => ({ uri, close: async () => {} }),
  };
}

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly pending: number;
}

// Runs files in a process of their own. One in which nothing ran has failed, whatever it says.
async function runFiles(
  files: readonly string[],
  env: Readonly<Record<string, string>> = {},
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

async function runOnServer(suite: Suite, start: NonNullable<Suite["start"]>): Promise<Counts> {
  const server = await start();
  console.log(suite.name);
  try {
    return await runFiles(filesOf([suite]), {
      TEST_STORE_URI: server.uri,
      TEST_RACERS: suite.racers ?? "at once",
    });
  } finally {
    await server.close();
  }
}

function filesOf(suites: readonly Suite[]): string[] {
  return suites.flatMap(({ files }) => files.flatMap((each) => globSync(each).toSorted()));
}

const wanted = process.argv.slice(2);
const chosen = SUITES.filter(
  ({ name, group = name }) =>
    wanted.length === 0 || wanted.includes(name) || wanted.includes(group),
);
const left: { readonly name: string; readonly missing: string }[] = [];
const runnable: Suite[] = [];
for (const suite of chosen) {
  const missing = (await suite.missing?.()) ?? null;
  if (missing === null) runnable.push(suite);
  else left.push({ name: suite.name, missing });
}

const counts: Counts[] = [];
const embedded = filesOf(runnable.filter(({ start }) => start === undefined));
if (embedded.length > 0) counts.push(await runFiles(embedded));
for (const suite of runnable) {
  if (suite.start !== undefined) counts.push(await runOnServer(suite, suite.start));
}

const total = (of: keyof Counts) => counts.reduce((sum, each) => sum + each[of], 0);
for (const { name, missing } of left) console.log(`not run: ${name}: ${missing}`);
const skipped = total("pending") + left.length;
console.log(`${total("passed")} passed, ${total("failed")} failed, ${skipped} skipped`);
const incomplete = process.env.CI === "true" && skipped > 0;
if (incomplete) console.log("something was left out, which CI does not accept");
process.exit(total("failed") > 0 || total("passed") === 0 || incomplete ? 1 : 0);
