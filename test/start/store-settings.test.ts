// Which store is used, and which settings of it are refused.
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { readConfig } from "../../src/config.ts";

const SECRET = "Zq3vT9rKx1LmWc7YbN5hJd8fGs2pAe4u";
const URI = "mongodb://user:hunter2@one.example,two.example:27018/latchkey";

describe("settings of the store", () => {
  let dataDir: string;
  beforeEach(() => {
    dataDir = mkdtempSync(path.join(tmpdir(), "latchkey-"));
  });
  afterEach(() => rmSync(dataDir, { recursive: true }));

  const read = (environment: Record<string, string>) =>
    readConfig({ DATA_DIR: dataDir, ...environment });

  function problems(environment: Record<string, string>): string {
    try {
      read(environment);
      return "";
    } catch (error) {
      return String(error);
    }
  }

  const PRODUCTION = {
    NODE_ENV: "production",
    ISSUER: "https://login.example",
    SECRET,
    SMS_PROVIDERS: "vonage",
    VONAGE_API_KEY: "key",
    VONAGE_API_SECRET: "value",
    VONAGE_FROM: "Latchkey",
  };

  it("choose the embedded store unless MongoDB is named", () => {
    const file = path.join(dataDir, "latchkey.sqlite");
    assert.deepEqual(read({}).store, { kind: "sqlite", file });
    assert.deepEqual(read({ MONGODB_URI: "" }).store, { kind: "sqlite", file });
    assert.deepEqual(read({ MONGODB_URI: URI, SECRET }).store, { kind: "mongodb", uri: URI });
  });

  it("take the address of MongoDB, which may hold a password, from a file", () => {
    const file = path.join(dataDir, "uri");
    writeFileSync(file, `${URI}\n`);
    assert.deepEqual(read({ MONGODB_URI_FILE: file, SECRET }).store, { kind: "mongodb", uri: URI });
  });

  it("want a secret that all nodes share, and make none", () => {
    assert.match(problems({ MONGODB_URI: URI }), /SECRET: is needed with MONGODB_URI/);
    assert.deepEqual(readdirSync(dataDir), []);
  });

  it("refuse more than one process on the embedded store", () => {
    assert.match(
      problems({ WORKERS: "2" }),
      /WORKERS: must be 1 on the embedded store: one process serves; more are safe, not faster/,
    );
    assert.equal(read({ WORKERS: "1" }).workers, 1);
    assert.equal(read({ WORKERS: "4", MONGODB_URI: URI, SECRET }).workers, 4);
  });

  for (const workers of ["0", "65", "two", "-1", "1.5"]) {
    it(`refuse ${workers} workers`, () => {
      assert.match(problems({ WORKERS: workers, MONGODB_URI: URI, SECRET }), /WORKERS: must be a/);
    });
  }

  for (const uri of [
    "mongodb://one.example",
    "mongodb://one.example/",
    "mongodb://one.example/?w=majority",
    "http://one.example/latchkey",
    "one.example/latchkey",
  ]) {
    it(`refuse ${uri}, which names no database of MongoDB's`, () => {
      assert.match(problems({ MONGODB_URI: uri, SECRET }), /MONGODB_URI: must be mongodb:\/\//);
    });
  }

  const weaker = [
    "w=1",
    "w=0",
    "W=2",
    "journal=false",
    "j=false",
    "readPreference=secondaryPreferred",
    "readConcernLevel=available",
    "tlsInsecure=true",
    "tlsAllowInvalidCertificates=true",
    "tlsAllowInvalidHostnames=true",
    "w=majority&w=1",
  ];
  for (const options of weaker) {
    it(`refuse ${options} in production (FLT-15, FLT-17)`, () => {
      const said = problems({ ...PRODUCTION, MONGODB_URI: `${URI}?retryWrites=true&${options}` });
      assert.match(said, /- MONGODB_URI: \w+ must/);
      assert.ok(!said.includes("hunter2"), "the password is told");
    });
  }

  it("take what is as durable as ours in production", () => {
    const options = "replicaSet=rs0&w=majority&journal=true&readPreference=primary&tls=true";
    const { store } = read({ ...PRODUCTION, MONGODB_URI: `${URI}?${options}` });
    assert.equal(store.kind, "mongodb");
  });
});
