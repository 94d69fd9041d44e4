import assert from "node:assert/strict";
import {
  appendFileSync,
  chmodSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { createOutbox, readOutbox } from "../../src/adapters/sms/outbox.ts";
import type { TextMessage } from "../../src/ports/sms.ts";

const A_MESSAGE: TextMessage = {
  to: "+14155552671",
  text: "Latchkey: 012345 is your code.\n@login.example.com #012345",
  purpose: "login",
  messageId: "message-1",
};

describe("outbox", () => {
  const NOON = Date.UTC(2026, 0, 1, 12);
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), "latchkey-outbox-"));
    file = path.join(folder, "outbox.ndjson");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("appends one line a text, exactly as published, before it says accepted", async () => {
    const outbox = createOutbox({ file, now: () => NOON });
    const outcome = await outbox.send(A_MESSAGE, 5);
    assert.deepEqual(outcome, { outcome: "accepted", providerMessageId: null });
    assert.equal(
      readFileSync(file, "utf8"),
      '{"at":"2026-01-01T12:00:00.000Z","channel":"sms","to":"+14155552671","purpose":"login",' +
        '"text":"Latchkey: 012345 is your code.\\n@login.example.com #012345"}\n',
    );
  });

  it("keeps the file to its owner, also one that was open to others", async () => {
    writeFileSync(file, "");
    chmodSync(file, 0o644);
    await createOutbox({ file }).send(A_MESSAGE, 5);
    assert.equal(statSync(file).mode & 0o777, 0o600);
  });

  it("mixes no lines when many texts go out at once", async () => {
    const outboxes = [createOutbox({ file }), createOutbox({ file })];
    const sends = Array.from({ length: 50 }, (_, i) =>
      outboxes.map((outbox) => outbox.send({ ...A_MESSAGE, text: `text ${i}` }, 5)),
    );
    await Promise.all(sends.flat());
    assert.equal((await readOutbox(file, { limit: 1000 })).length, 100);
  });

  it("says that nothing went out when it cannot write, without naming the file", async () => {
    const outcome = await createOutbox({ file: path.join(folder, "no", "where") }).send(
      A_MESSAGE,
      5,
    );
    assert.deepEqual(outcome, {
      outcome: "failed",
      because: "provider-down",
      detail: "outbox ENOENT",
    });
  });

  it("reads the last lines, oldest first", async () => {
    const outbox = createOutbox({ file, now: () => NOON });
    for (const text of ["one", "two", "three"]) await outbox.send({ ...A_MESSAGE, text }, 5);
    const last = await readOutbox(file, { limit: 2 });
    assert.deepEqual(
      last.map((line) => line.text),
      ["two", "three"],
    );
    assert.deepEqual(await readOutbox(file, { limit: 0 }), []);
  });

  it("reads the end of a large file alone", async () => {
    const line = JSON.stringify({
      at: "",
      channel: "mail",
      to: "",
      purpose: "",
      text: "x".repeat(9000),
    });
    appendFileSync(file, `${line}\n`.repeat(100));
    await createOutbox({ file }).send(A_MESSAGE, 5);
    const lines = await readOutbox(file, { limit: 2 });
    assert.deepEqual(
      lines.map((each) => each.channel),
      ["mail", "sms"],
    );
  });

  it("leaves out what is no line, and reads nothing where there is no file", async () => {
    assert.deepEqual(await readOutbox(file, { limit: 5 }), []);
    await createOutbox({ file }).send(A_MESSAGE, 5);
    appendFileSync(file, 'nonsense\n[1]\n{"at":"half a li');
    assert.equal((await readOutbox(file, { limit: 5 })).length, 1);
  });
});
