import assert from "node:assert/strict";
import { openSqliteStorage } from "../../src/adapters/sqlite/storage.ts";
import { copyStore } from "../../src/admin/transfer.ts";
import { mailAddressOf } from "../../src/domain/mail-header.ts";
import { anAuditEvent, aUser, NOON } from "../support/builders.ts";

const open = () => openSqliteStorage({ file: ":memory:", secrets: ["s".repeat(32)] });

describe("a store that is copied", () => {
  it("leaves behind the link that a user could choose a new password by", async () => {
    const [source, made] = [await open(), await open()];
    // As a copy is made: under the data key of its source.
    const target = { ...made, vault: source.vault };
    try {
      const email = "alice@example.com";
      const address = mailAddressOf(email) ?? assert.fail("no address");
      const recovery = {
        ...{ id: "link", keyId: "k1", address, credentialsChangedAt: NOON },
        ...{ requestedAt: NOON, expiresAt: NOON + 3_600_000 },
      };
      const alice = aUser({ username: "alice", email, emailVerified: true });
      await source.users.create({ ...alice, recovery }, anAuditEvent());
      await copyStore(source, target);
      assert.deepEqual((await source.users.find(alice.id))?.recovery, recovery);
      assert.deepEqual(await target.users.find(alice.id), alice);
    } finally {
      await source.close();
      await made.close();
    }
  });
});
