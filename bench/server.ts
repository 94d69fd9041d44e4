// Our side of the bench: what src/main.ts does, on a store with users and one application, and with a
// channel that tells what was used. BENCH_HASHER=plain compares passwords without hashing them.
import { createServer } from "node:http";
import { addApplication } from "../src/admin/applications.ts";
import { ensureSigningKeys } from "../src/admin/keys.ts";
import { setClient } from "../src/admin/rules.ts";
import { addUser } from "../src/admin/users.ts";
import { createApp } from "../src/app.ts";
import { readConfig } from "../src/config.ts";
import { deriveKeys } from "../src/derived-keys.ts";
import { createLogger } from "../src/log.ts";
import type { PasswordHasher } from "../src/ports/password-hasher.ts";
import { createHasher, openStorage, readBlocklist } from "../src/store-access.ts";
import { createChores } from "./chores.ts";
import { answerQuestions, type BenchUser, REDIRECT_URI } from "./messages.ts";

const CLIENT_ID = "bench";
const USERS = 50;
const KEYS_CHECK_MS = 5_000;

const config = readConfig();
const log = createLogger(config.logLevel, config.limits);
const storage = await openStorage(config);
const hasher = process.env.BENCH_HASHER === "plain" ? plainHasher() : await createHasher(config);
const admin = {
  storage,
  hasher,
  now: Date.now,
  actor: "system",
  limits: config.limits,
  privateFetchHosts: config.privateFetchHosts,
  blocklist: readBlocklist,
};
await ensureSigningKeys(admin);
const client = await addApplication(admin, {
  id: CLIENT_ID,
  name: "Bench",
  redirectUris: [REDIRECT_URI],
  idTokenAlg: "RS256",
});
await setClient(admin, CLIENT_ID, "on");
const users: BenchUser[] = [];
for (let i = 0; i < USERS; i++) users.push(await makeUser(i));

const app = await createApp({
  config,
  storage,
  hasher,
  log,
  now: Date.now,
  isStopping: () => false,
});
// As in src/serve.ts: a store that does not answer for once ends nothing.
const refreshKeys = () =>
  app.engine
    .refreshKeys()
    .catch((error: unknown) => log.error({ event: "chore-failed", err: error }));
setInterval(refreshKeys, KEYS_CHECK_MS).unref();
const [csrfKey = new Uint8Array()] = deriveKeys(config.secrets).csrfKeys;
createServer(
  { headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 65_000 },
  app.koa.callback(),
).listen(config.port, config.host, () => {
  const setup = {
    issuer: config.issuer,
    clientId: CLIENT_ID,
    clientSecret: client.client_secret ?? "",
    users,
    outboxFile: config.outboxFile,
    csrfKey: Buffer.from(csrfKey).toString("hex"),
  };
  const { limits, acr } = config;
  const chores = createChores({ storage, limits, acr, now: Date.now });
  answerQuestions(setup, () => storage.statistics(), chores);
});

async function makeUser(i: number): Promise<BenchUser> {
  const login = `user${i}`;
  const phone = `+1415555${2600 + i}`;
  const added = await addUser(admin, {
    username: login,
    email: `${login}@example.com`,
    phone,
    name: `User ${i}`,
  });
  return { login, phone, password: added.password ?? "" };
}

function plainHasher(): PasswordHasher {
  return {
    hash: async (password) => `plain:${password}`,
    verify: async (hash, password) => ({
      matches: hash === `plain:${password}`,
      replacement: null,
    }),
  };
}
