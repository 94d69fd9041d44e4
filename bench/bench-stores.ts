// The stores of one kind that the bench makes for itself, fills and removes: a file each, or a database each.
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import mongoose from "mongoose";
import { type MongoServer, startMongoJavaServer } from "../test/support/mongo-servers.ts";
import type { ServerUnderTest } from "./messages.ts";
import { startOurs } from "./our-server.ts";
import { seedMongo } from "./seed-mongo.ts";
import type { Amounts } from "./seed-rows.ts";
import { seedSqlite } from "./seed-sqlite.ts";

export interface BenchStore {
  seed(amounts: Amounts): Promise<void>;
  // Once, for it adds its users: a server that compares passwords without hashing them.
  startServer(): Promise<ServerUnderTest>;
}

export interface BenchStores {
  readonly title: string;
  create(name: string): BenchStore;
  // Stops what still runs, and removes all of them.
  close(): Promise<void>;
}

const SECRET = randomBytes(32).toString("base64url");
const SERVER_ENV = { SECRET, BENCH_HASHER: "plain" };

// Kind: "sqlite", "mongo-java-server", or the URI of a MongoDB.
export async function openStores(kind: string): Promise<BenchStores> {
  switch (kind) {
    case "sqlite":
      return sqliteStores();
    case "mongo-java-server":
      return storesOn(kind, await startMongoJavaServer({ durable: true }));
    default:
      return mongoStores("MongoDB", kind);
  }
}

function storesOn(title: string, server: MongoServer): BenchStores {
  const stores = mongoStores(title, server.uri);
  return { ...stores, close: () => stores.close().finally(() => server.close()) };
}

function sqliteStores(): BenchStores {
  const servers = createServers();
  return {
    title: "SQLite",
    create() {
      const directory = servers.makeDirectory();
      const file = path.join(directory, "latchkey.sqlite");
      return {
        seed: (amounts) => seedSqlite(file, SECRET, amounts),
        startServer: () => servers.start(directory, SERVER_ENV),
      };
    },
    close: () => servers.close(),
  };
}

// In databases that nobody has: whatever database the URI names is left alone.
function mongoStores(title: string, base: string): BenchStores {
  const servers = createServers();
  const run = randomBytes(4).toString("hex");
  const uris: string[] = [];
  return {
    title,
    create(name) {
      const uri = withDatabase(base, `latchkey-bench-${run}-${name}`);
      uris.push(uri);
      return {
        seed: (amounts) => seedMongo(uri, SECRET, amounts),
        startServer: () =>
          servers.start(servers.makeDirectory(), { ...SERVER_ENV, MONGODB_URI: uri }),
      };
    },
    async close() {
      await servers.close();
      for (const uri of uris) await dropDatabase(uri);
    },
  };
}

function createServers() {
  const directories: string[] = [];
  const running: ServerUnderTest[] = [];
  return {
    makeDirectory(): string {
      const directory = mkdtempSync(path.join(tmpdir(), "latchkey-bench-"));
      directories.push(directory);
      return directory;
    },
    async start(directory: string, env: Record<string, string>): Promise<ServerUnderTest> {
      const server = await startOurs(directory, env);
      running.push(server);
      return server;
    },
    async close(): Promise<void> {
      for (const each of running) await each.stop();
      for (const each of directories) rmSync(each, { recursive: true, force: true });
    },
  };
}

// The database that a URI names is also where its user is looked up, unless it says where.
function withDatabase(uri: string, database: string): string {
  const parts = /^(?<server>mongodb(?:\+srv)?:\/\/[^/?]+)(?:\/(?<old>[^?]*))?(?:\?(?<query>.*))?$/;
  const { server, old, query = "" } = parts.exec(uri)?.groups ?? {};
  if (server === undefined) {
    console.error("the store must be: sqlite, mongo-java-server or a mongodb:// URI");
    process.exit(1);
  }
  const options = new URLSearchParams(query);
  if (server.includes("@") && !options.has("authSource")) options.set("authSource", old || "admin");
  return `${server}/${database}?${options}`;
}

async function dropDatabase(uri: string): Promise<void> {
  const connection = await mongoose.createConnection(uri).asPromise();
  try {
    await connection.dropDatabase();
  } finally {
    await connection.close();
  }
}
