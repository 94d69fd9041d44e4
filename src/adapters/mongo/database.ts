// One connection (a pool) to one database, and the two doors to it: every port call goes through read or
// write, is answered within a few seconds whatever the database does, and is waited for on closing.
import mongoose from "mongoose";
import { UnavailableError } from "../../ports/errors.ts";
import { asCallersError, closedError, tooSlowError } from "./failures.ts";
import type { Models } from "./models.ts";
import { createTurns, type Turns } from "./turns.ts";

// What the work of one call may use.
export interface Scope {
  readonly models: Models;
  readonly turns: Turns;
  // Throws once the caller has been told that it took too long: nothing more must be written then.
  check(): void;
}

export interface Database {
  read<T>(work: (scope: Scope) => Promise<T>): Promise<T>;
  write<T>(work: (scope: Scope) => Promise<T>): Promise<T>;
  // Calls, not operations: one call may need several.
  statistics(): { readonly reads: number; readonly writes: number };
  // Finishes what is under way, then lets go.
  close(): Promise<void>;
}

// What is acknowledged is on the disks of a majority: no failover takes it back. Decisions are made from the
// primary, never from a member that may lag behind. Named as a URI names them, or what the URI says would count.
const DURABLE = {
  w: "majority",
  journal: true,
  readPreference: "primary",
  readConcernLevel: "local",
} as const;

// So that whoever asks has an answer within three seconds, and a new attempt finds what has come back.
const PATIENCE = {
  serverSelectionTimeoutMS: 1_500,
  connectTimeoutMS: 2_000,
  socketTimeoutMS: 5_000,
  waitQueueTimeoutMS: 1_500,
  heartbeatFrequencyMS: 2_000,
} as const;

// One request makes several calls. After one has waited in vain for a database that answered nobody meanwhile, those
// that follow it wait but briefly. While it answers others, a call that is late has only many before it.
const DISTRUST_MS = 1_000;
const BRIEF_MS = 500;

const POOL_MAX = 50;

// A command as it is sent.
export type Command = Readonly<Record<string, unknown>>;

export interface ConnectOptions {
  readonly uri: string;
  // Told of every command; tests hold their shapes against the indexes.
  readonly onCommand?: ((command: Command) => void) | undefined;
}

// Connects, or throws UnavailableError.
export async function connect({ uri, onCommand }: ConnectOptions): Promise<mongoose.Connection> {
  const connection = mongoose.createConnection(uri, {
    monitorCommands: onCommand !== undefined,
    ...DURABLE,
    ...PATIENCE,
    maxPoolSize: POOL_MAX,
    appName: "latchkey",
    promoteBuffers: true,
    bufferCommands: false,
    autoIndex: false,
    autoCreate: false,
  });
  try {
    await connection.asPromise();
    if (onCommand) connection.getClient().on("commandStarted", (event) => onCommand(event.command));
    return connection;
  } catch (error) {
    await connection.close().catch(() => {});
    throw asCallersError(error);
  }
}

// `callMs`: how long one call may take in all.
export function createDatabase(
  connection: mongoose.Connection,
  models: Models,
  callMs: number,
): Database {
  const turns = createTurns();
  const counts = { reads: 0, writes: 0 };
  const underWay = new Set<Promise<unknown>>();
  let distrustedUntil = 0;
  let answeredAt = 0;
  let closing: Promise<void> | null = null;

  async function call<T>(work: (scope: Scope) => Promise<T>): Promise<T> {
    if (closing !== null) throw closedError();
    let over = false;
    const check = () => {
      if (over) throw tooSlowError();
    };
    const working = work({ models, turns, check });
    underWay.add(working);
    const beganAt = performance.now();
    const isDistrusted = beganAt < distrustedUntil;
    try {
      const result = await withinTime(working, isDistrusted ? Math.min(BRIEF_MS, callMs) : callMs);
      answeredAt = performance.now();
      return result;
    } catch (error) {
      const seen = asCallersError(error);
      const isSilent = answeredAt < beganAt;
      if (seen instanceof UnavailableError && isSilent && !isDistrusted) {
        distrustedUntil = performance.now() + DISTRUST_MS;
      }
      throw seen;
    } finally {
      over = true;
      // Whoever was told that it took too long does not wait for it; closing does.
      working.catch(() => {}).finally(() => underWay.delete(working));
    }
  }

  async function letGo(): Promise<void> {
    await Promise.allSettled(underWay);
    await connection.close();
  }

  return {
    read(work) {
      counts.reads++;
      return call(work);
    },
    write(work) {
      counts.writes++;
      return call(work);
    },
    statistics: () => ({ ...counts }),
    close() {
      closing ??= letGo();
      return closing;
    },
  };
}

function withinTime<T>(working: Promise<T>, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(tooSlowError()), ms);
    working.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
