// Several processes on one file: what the contract promises holds among them too, and what one of them
// acknowledged is there after it was killed.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { createInterface, type Interface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { openSqliteStorage } from "../../src/adapters/sqlite/storage.ts";
import type { Storage } from "../../src/ports/storage.ts";
import { tally } from "../contract/opened-storage.ts";
import { anAuditEvent, anInteractionState, aUser, LIMITS, NOON } from "../support/builders.ts";
import { SECRETS, temporaryDirectory } from "../support/sqlite-files.ts";

const WORKER = fileURLToPath(new URL("../support/sqlite-worker.ts", import.meta.url));
const PROCESSES = 4;

interface Worker {
  readonly child: ChildProcess;
  readonly lines: Interface;
}

function startWorker(file: string, task: string): Worker {
  const child = spawn(process.execPath, [WORKER, file, task], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  if (child.stdout === null) throw new Error("the worker has no output");
  return { child, lines: createInterface(child.stdout) };
}

function startWorkers(file: string, task: string): Worker[] {
  return Array.from({ length: PROCESSES }, () => startWorker(file, task));
}

async function nextLine({ lines }: Worker): Promise<string> {
  const [line] = await once(lines, "line");
  return String(line);
}

// The answers of all, which begin once every one of them has opened the store.
async function runTogether(file: string, task: string): Promise<unknown[]> {
  const workers = startWorkers(file, task);
  await Promise.all(workers.map(nextLine));
  const answers = workers.map(nextLine);
  for (const { child } of workers) child.stdin?.write("go\n");
  return (await Promise.all(answers)).flatMap((line) => JSON.parse(line));
}

describe("sqlite storage of several processes", function () {
  this.timeout(60_000);
  const directory = temporaryDirectory();
  let file: string;
  let files = 0;

  beforeEach(() => {
    file = `${directory}/${files++}.sqlite`;
  });
  after(() => rm(directory, { recursive: true }));

  async function withStorage<T>(work: (storage: Storage) => Promise<T>): Promise<T> {
    const storage = await openSqliteStorage({ file, secrets: SECRETS });
    try {
      return await work(storage);
    } finally {
      await storage.close();
    }
  }

  it("makes one data key when all open a fresh file at once", async () => {
    const indexes = await runTogether(file, "index");
    assert.equal(indexes.length, PROCESSES);
    assert.equal(new Set(indexes).size, 1);
  });

  it("lets one caller of all processes consume", async () => {
    const record = { model: "AuthorizationCode", id: "c1", payload: {}, expiresAt: NOON + 1000 };
    await withStorage((storage) => storage.records.save(record));
    const consumed = await runTogether(file, "consume");
    assert.deepEqual(tally(consumed), { true: 1, false: PROCESSES * 50 - 1 });
  });

  it("counts as many attempts at a code as it has, over all processes", async () => {
    await withStorage(async ({ users, interactions }) => {
      await users.create(aUser(), anAuditEvent());
      await interactions.save("i1", {}, NOON + 900_000);
      await interactions.move({
        uid: "i1",
        now: NOON,
        from: { version: 0 },
        to: anInteractionState(),
        resetAttempts: true,
        effects: {},
      });
    });
    const { attemptsPerCode } = LIMITS;
    assert.deepEqual(tally(await runTogether(file, "countAttempt")), {
      counted: attemptsPerCode,
      dead: PROCESSES * 50 - attemptsPerCode,
    });
    const user = await withStorage((storage) => storage.users.find("u1"));
    assert.equal(user?.factorAttempts.inARow, attemptsPerCode);
  });

  it("counts ten password attempts until the lock, over all processes", async () => {
    const outcomes = await runTogether(file, "beginPasswordAttempt");
    assert.deepEqual(tally(outcomes), { counted: 10, limited: PROCESSES * 50 - 10 });
  });

  // What a process acknowledged that was killed once it had acknowledged so much.
  async function killedAfter(enough: number): Promise<string[]> {
    const worker = startWorker(file, "write");
    const acknowledged: string[] = [];
    await nextLine(worker);
    const isEnough = new Promise<void>((resolve) => {
      worker.lines.on("line", (id) => {
        if (acknowledged.push(id) === enough) resolve();
      });
    });
    const closed = once(worker.lines, "close");
    worker.child.stdin?.write("go\n");
    await isEnough;
    worker.child.kill("SIGKILL");
    await closed;
    return acknowledged;
  }

  // At other points each time, also while the log is being written back.
  for (const enough of [1, 150, 500, 1100, 2000, 3300]) {
    it(`keeps everything that a killed process acknowledged, after ${enough} writes`, async () => {
      const acknowledged = await killedAfter(enough);
      const lost = await withStorage(async ({ records }) => {
        const found = await Promise.all(
          acknowledged.map((id) => records.find("AccessToken", id, NOON)),
        );
        return acknowledged.filter((_, i) => found[i] === null);
      });
      assert.deepEqual(lost, []);
      const connection = new DatabaseSync(file);
      const checked = connection.prepare("PRAGMA integrity_check").all();
      connection.close();
      assert.deepEqual(
        checked.map((row) => row.integrity_check),
        ["ok"],
      );
    });
  }
});
