// The thread that writes the log back: that it does, that commits make room for it, and what becomes of the log
// and of what was acknowledged when it does not.
import assert from "node:assert/strict";
import { existsSync, rmSync, statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";
import { openSqliteStorage } from "../../src/adapters/sqlite/storage.ts";
import { createWriteBack, type WriteBack } from "../../src/adapters/sqlite/write-back.ts";
import type { Storage } from "../../src/ports/storage.ts";
import { race } from "../contract/opened-storage.ts";
import { NOON } from "../support/builders.ts";
import { SECRETS, temporaryDirectory } from "../support/sqlite-files.ts";

const MB = 1_000_000;
const PADDING = "p".repeat(1000);

const program = (text: string) => new URL(`data:text/javascript,${encodeURIComponent(text)}`);
const ANSWERING =
  'import { parentPort } from "node:worker_threads"; parentPort.on("message", () => ';
const DEAD_AT_ONCE = program('throw new Error("dead")');
const DEAD_ON_REQUEST = program(`${ANSWERING} { throw new Error("dead"); })`);
const dyingAfter = (answer: string) =>
  program(
    `${ANSWERING} { if (globalThis.answered) throw new Error("dead"); globalThis.answered = true; parentPort.postMessage(${answer}); })`,
  );
const DEAD_LATER = dyingAfter("{ pages: 1, isAll: true }");
const DEAD_LATER_WITH_A_LONG_LOG = dyingAfter("{ pages: 2000, isAll: true }");
const IDLE = program(`${ANSWERING} parentPort.postMessage({ pages: 1, isAll: true }))`);
const SILENT = program(`${ANSWERING} {})`);
const HINDERED = program(`${ANSWERING} parentPort.postMessage({ pages: 1e6, isAll: false }))`);

describe("writing the log back", function () {
  this.timeout(60_000);
  let directory: string;
  let file: string;

  beforeEach(() => {
    directory = temporaryDirectory();
    file = `${directory}/latchkey.sqlite`;
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  describe("of one connection", () => {
    let connection: DatabaseSync;
    let writeBack: WriteBack | null;

    beforeEach(() => {
      connection = new DatabaseSync(file);
      connection.exec("PRAGMA journal_mode = WAL; CREATE TABLE rows (text)");
      writeBack = null;
    });
    afterEach(async () => {
      await writeBack?.stop();
      connection.close();
    });

    const insert = (rows: number) => {
      connection.exec(`INSERT INTO rows VALUES ${Array(rows).fill("('x')")}`);
      writeBack?.committed();
    };
    const pragma = (text: string) => connection.prepare(`PRAGMA ${text}`).get() ?? {};
    const commitsWriteBackAt = () => Number(Object.values(pragma("wal_autocheckpoint"))[0]);
    const until = async (isSo: () => boolean) => {
      for (let i = 0; i < 500 && !isSo(); i++) await delay(10);
      assert.ok(isSo());
    };

    it("is left to commits in a process that changes little", async () => {
      writeBack = createWriteBack(connection, file);
      insert(39);
      await delay(200);
      assert.equal(commitsWriteBackAt(), 200);
      assert.equal(pragma("wal_checkpoint(NOOP)").checkpointed, 0);
    });

    it("is done by the thread once there is something to write", async () => {
      writeBack = createWriteBack(connection, file);
      insert(40);
      await until(() => Number(pragma("wal_checkpoint(NOOP)").checkpointed) > 0);
      await until(() => commitsWriteBackAt() === 4000);
    });

    for (const [how, dead] of Object.entries({ DEAD_AT_ONCE, DEAD_ON_REQUEST })) {
      it(`is left to commits when the thread does not live (${how})`, async () => {
        writeBack = createWriteBack(connection, file, dead);
        insert(40);
        await delay(300);
        insert(40);
        assert.equal(commitsWriteBackAt(), 200);
        assert.equal(writeBack.room(), null);
      });
    }

    it("is left to commits again when the thread dies later", async () => {
      writeBack = createWriteBack(connection, file, DEAD_LATER);
      insert(40);
      await until(() => commitsWriteBackAt() === 4000);
      insert(40);
      await until(() => commitsWriteBackAt() === 200);
    });

    it("lets nobody wait for room any longer when the thread dies", async () => {
      writeBack = createWriteBack(connection, file, DEAD_LATER_WITH_A_LONG_LOG);
      insert(40);
      await until(() => commitsWriteBackAt() === 4000);
      const began = performance.now();
      const room = writeBack.room();
      assert.notEqual(room, null);
      await room;
      assert.ok(performance.now() - began < 500);
      assert.equal(writeBack.room(), null);
    });

    it("has commits make room when the log is long, and once only if that does not help", async () => {
      writeBack = createWriteBack(connection, file, HINDERED);
      insert(40);
      let room: Promise<unknown> | null = null;
      await until(() => {
        room = writeBack?.room() ?? null;
        return room !== null;
      });
      await room;
      insert(40);
      await delay(100);
      assert.equal(writeBack.room(), null);
    });

    it("stops, and is done no more", async () => {
      writeBack = createWriteBack(connection, file);
      insert(40);
      await writeBack.stop();
      insert(40);
      assert.equal(writeBack.room(), null);
    });
  });

  describe("of a store", () => {
    let storage: Storage | null = null;

    async function open(writeBackProgram?: URL): Promise<Storage> {
      storage = await openSqliteStorage({ file, secrets: SECRETS, writeBackProgram });
      return storage;
    }
    afterEach(() => storage?.close());

    // Without a gap, from twenty at a time; answers how large the log was at most.
    async function write(records: number): Promise<number> {
      let largest = 0;
      await race(20, async (writer) => {
        for (let i = writer; i < records; i += 20) {
          const payload = { grantId: `g${i}`, accountId: `u${i}`, padding: PADDING };
          await storage?.records.save({
            model: "AccessToken",
            id: `${i}`,
            payload,
            expiresAt: null,
          });
          if (i % 200 === 0) largest = Math.max(largest, statSync(`${file}-wal`).size);
        }
      });
      return largest;
    }

    async function closeAndCheck(records: number): Promise<void> {
      await storage?.close();
      assert.ok(!existsSync(`${file}-wal`), "the log is left behind");
      const connection = new DatabaseSync(file, { readOnly: true });
      const one = (text: string) => Object.values(connection.prepare(text).get() ?? {})[0];
      assert.equal(one("PRAGMA integrity_check"), "ok");
      assert.equal(one("SELECT count(*) FROM records"), records);
      connection.close();
      await open();
      assert.notEqual(await storage?.records.find("AccessToken", `${records - 1}`, NOON), null);
    }

    it("goes on beside commits without a gap, and closing leaves everything in the file", async () => {
      await open();
      const largest = await write(10_000);
      assert.ok(largest < 12 * MB, `${largest} bytes`);
      await closeAndCheck(10_000);
    });

    it("is done by commits when the log grows all the same", async () => {
      await open(IDLE);
      const largest = await write(10_000);
      assert.ok(largest > 12 * MB, `${largest} bytes: this test writes too little`);
      assert.ok(largest < 20 * MB, `${largest} bytes`);
      await closeAndCheck(10_000);
    });

    for (const [how, dead] of Object.entries({ DEAD_AT_ONCE, DEAD_LATER, SILENT, HINDERED })) {
      it(`is survived, and nothing lost, when the thread is ${how}`, async () => {
        await open(dead);
        const largest = await write(2_000);
        assert.ok(largest < 20 * MB, `${largest} bytes`);
        await closeAndCheck(2_000);
      });
    }

    it("waits for a reader elsewhere, who goes on seeing what was there", async () => {
      await open();
      await write(100);
      const reader = new DatabaseSync(file, { readOnly: true });
      const count = () =>
        Object.values(reader.prepare("SELECT count(*) FROM records").get() ?? {})[0];
      reader.exec("BEGIN");
      assert.equal(count(), 100);
      await write(2_000);
      assert.equal(count(), 100);
      reader.exec("COMMIT");
      assert.equal(count(), 2_000);
      reader.close();
      await closeAndCheck(2_000);
    });
  });
});
