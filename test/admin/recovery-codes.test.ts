import assert from "node:assert/strict";
import { makeRecoveryCodes, voidRecoveryCodes } from "../../src/admin/recovery-codes.ts";
import { updateUser } from "../../src/admin/user-changes.ts";
import { addUser, showUser } from "../../src/admin/users.ts";
import { normalRecoveryCode, recoveryCodeDigest } from "../../src/domain/recovery-codes.ts";
import { A_NUMBER } from "../support/builders.ts";
import { openRoom, type Room } from "./room.ts";

const ALICE = { username: "alice", email: "alice@example.com", emailVerified: true };

describe("recovery codes of a user", () => {
  let room: Room;
  beforeEach(async () => {
    room = await openRoom();
  });
  afterEach(() => room.storage.close());

  const left = async () => (await showUser(room, "alice")).recoveryCodesLeft;

  it("are ten different ones, of which only digests are kept", async () => {
    const { id } = await addUser(room, { ...ALICE, phone: A_NUMBER });
    const made = await makeRecoveryCodes(room, "alice");
    assert.equal(made.id, id);
    assert.equal(new Set(made.recoveryCodes).size, 10);
    for (const code of made.recoveryCodes) assert.equal(normalRecoveryCode(code), code);
    const user = await room.storage.users.find(id);
    assert.deepEqual(user?.recoveryCodes?.digests, made.recoveryCodes.map(recoveryCodeDigest));
    assert.equal(await left(), 10);
  });

  it("are made anew, and taken away, with a line in the audit log and a mail for the making", async () => {
    const { id } = await addUser(room, { ...ALICE, phone: A_NUMBER });
    const first = await makeRecoveryCodes(room, "alice");
    const second = await makeRecoveryCodes(room, "alice");
    assert.ok(!second.recoveryCodes.some((code) => first.recoveryCodes.includes(code)));
    assert.deepEqual(await voidRecoveryCodes(room, "alice"), { id, recoveryCodesLeft: 0 });
    await voidRecoveryCodes(room, "alice");
    assert.equal(await left(), 0);

    const events = await room.storage.audit.list({ limit: 10, target: `user:${id}` });
    const lines = events.slice(1).map(({ action, details }) => [action, details]);
    assert.deepEqual(lines, [
      ["user-recovery-codes-made", { before: 0, after: 10 }],
      ["user-recovery-codes-made", { before: 10, after: 10 }],
      ["user-recovery-codes-voided", { before: 10, after: 0 }],
    ]);
    const [one, other] = [await claim(), await claim()];
    assert.deepEqual([one, other], ["recovery-codes-made", "recovery-codes-made"]);
    assert.equal(await claim(), undefined);
  });

  it("are not made for a user without a phone, nor for nobody", async () => {
    await addUser(room, ALICE);
    await assert.rejects(makeRecoveryCodes(room, "alice"), { code: "usage" });
    await assert.rejects(makeRecoveryCodes(room, "bob"), { code: "not-found" });
    await assert.rejects(voidRecoveryCodes(room, "bob"), { code: "not-found" });
  });

  it("end with another phone, and stay through other changes", async () => {
    await addUser(room, { ...ALICE, phone: A_NUMBER });
    await makeRecoveryCodes(room, "alice");
    await updateUser(room, "alice", { name: "Alice", phone: A_NUMBER });
    assert.equal(await left(), 10);
    await updateUser(room, "alice", { phone: "+14155552672" });
    assert.equal(await left(), 0);
    await makeRecoveryCodes(room, "alice");
    await updateUser(room, "alice", { phone: null });
    assert.equal(await left(), 0);
  });

  async function claim(): Promise<string | undefined> {
    const claimed = await room.storage.mails.claim(room.now() + 1000, 60);
    return claimed?.mail.notice.kind;
  }
});
