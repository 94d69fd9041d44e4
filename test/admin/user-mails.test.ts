// What a user hears of what an administrator does to their phone.
import assert from "node:assert/strict";
import { updateUser } from "../../src/admin/user-changes.ts";
import { addUser } from "../../src/admin/users.ts";
import type { Mail } from "../../src/domain/mail.ts";
import { A_NUMBER } from "../support/builders.ts";
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
