// What a user hears of what an administrator does to their phone, by mail and at the old number.
import assert from "node:assert/strict";
import { updateUser } from "../../src/admin/user-changes.ts";
import { addUser, readUser, removeUser } from "../../src/admin/users.ts";
import type { Mail } from "../../src/domain/mail.ts";
import type { NoticeText } from "../../src/domain/notice-text.ts";
import { A_NUMBER, anAuditEvent } from "../support/builders.ts";
import { openRoom, type Room } from "./room.ts";

const ANOTHER_NUMBER = "+14155552672";
const ALICE = { username: "alice", email: "alice@example.com", emailVerified: true };

describe("mails about a user's phone", () => {
  let room: Room;
  beforeEach(async () => {
    room = await openRoom();
  });
  afterEach(() => room.storage.close());

  async function mails(): Promise<Mail[]> {
    const { mails } = room.storage;
    const all: Mail[] = [];
    for (;;) {
      // Later than all changes, which take a millisecond each.
      const claimed = await mails.claim(room.now() + 1000, 60);
      if (claimed === null) return all;
      all.push(claimed.mail);
    }
  }

  const kinds = async () => (await mails()).map(({ notice }) => notice.kind);

  it("tell of an assigned, a changed and a removed number, masked", async () => {
    await addUser(room, ALICE);
    await updateUser(room, "alice", { phone: A_NUMBER });
    await updateUser(room, "alice", { phone: ANOTHER_NUMBER });
    await updateUser(room, "alice", { phone: null });
    const all = await mails();
    assert.deepEqual(
      all.map(({ to, language, notice }) => ({ to, language, ...notice })),
      [
        { kind: "phone-assigned", phone: "+1 ••• ••• 71" },
        { kind: "phone-changed", phone: "+1 ••• ••• 72", before: "+1 ••• ••• 71" },
        { kind: "phone-removed", phone: "+1 ••• ••• 72" },
      ].map((notice) => ({ to: "alice@example.com", language: "en", ...notice })),
    );
  });

  it("tell nothing of a number that stays, and of other changes", async () => {
    await addUser(room, { ...ALICE, phone: A_NUMBER });
    await updateUser(room, "alice", { phone: A_NUMBER, name: "Alice", status: "disabled" });
    assert.deepEqual(await kinds(), []);
  });

  it("go to no address that nobody verified", async () => {
    await addUser(room, { ...ALICE, emailVerified: false });
    await updateUser(room, "alice", { phone: A_NUMBER });
    assert.deepEqual(await kinds(), []);
  });

  it("go to the address as it was before the same change", async () => {
    await addUser(room, { ...ALICE, phone: A_NUMBER });
    await updateUser(room, "alice", {
      phone: null,
      email: "thief@example.com",
      emailVerified: true,
    });
    assert.deepEqual(
      (await mails()).map(({ to }) => to),
      ["alice@example.com"],
    );
  });
});

describe("texts to the number that was a user's", () => {
  let room: Room;
  beforeEach(async () => {
    room = await openRoom();
    await addUser(room, { username: "alice", phone: A_NUMBER });
  });
  afterEach(() => room.storage.close());

  // As a right code does.
  async function bind(given: { locale?: string } = {}): Promise<string> {
    const before = await readUser(room, "alice");
    assert.ok(before.phone);
    const phone = { ...before.phone, status: "bound" } as const;
    const after = { ...before, phone, profile: given, updatedAt: before.updatedAt + 1 };
    assert.equal(await room.storage.users.replace(before, after, anAuditEvent()), "changed");
    return before.id;
  }

  async function texts(): Promise<NoticeText[]> {
    const all: NoticeText[] = [];
    for (;;) {
      const claimed = await room.storage.mails.claimText(room.now() + 1000, 60);
      if (claimed === null) return all;
      all.push(claimed.text);
    }
  }

  it("tell it of another one, once, in the language of its user", async () => {
    const id = await bind({ locale: "de_CH" });
    await updateUser(room, "alice", { phone: ANOTHER_NUMBER });
    const [text, ...more] = await texts();
    assert.deepEqual(more, []);
    assert.deepEqual(
      [text?.userId, text?.to, text?.language, text?.notice],
      [id, A_NUMBER, "de-CH", { kind: "phone-changed" }],
    );
    // The new one was never bound.
    await updateUser(room, "alice", { phone: null });
    assert.deepEqual(await texts(), []);
  });

  it("tell it that it was removed, or its user", async () => {
    await bind();
    await updateUser(room, "alice", { phone: null });
    await updateUser(room, "alice", { phone: A_NUMBER });
    const id = await bind();
    await removeUser(room, "alice");
    assert.deepEqual(
      (await texts()).map(({ userId, to, notice }) => [userId, to, notice.kind]),
      [
        [id, A_NUMBER, "phone-removed"],
        [id, A_NUMBER, "phone-removed"],
      ],
    );
  });

  it("tell nothing to one that was never bound", async () => {
    await updateUser(room, "alice", { phone: ANOTHER_NUMBER });
    await removeUser(room, "alice");
    assert.deepEqual(await texts(), []);
  });

  it("tell nothing of a number that stays, of other changes, and of a change that is refused", async () => {
    await bind();
    await updateUser(room, "alice", { phone: A_NUMBER, name: "Alice", status: "disabled" });
    await addUser(room, { username: "bob", phone: ANOTHER_NUMBER });
    await assert.rejects(updateUser(room, "alice", { phone: ANOTHER_NUMBER }));
    assert.deepEqual(await texts(), []);
  });
});
