// Replacing the data key: before, in the middle and after.
import assert from "node:assert/strict";
import { type RotationOptions, rotateDataKey } from "../../src/admin/rotate-data-key.ts";
import { openVault, unwrapDataKey, type Vault } from "../../src/domain/vault.ts";
import type { Storage } from "../../src/ports/storage.ts";
import {
  A_NUMBER,
  anApiResource,
  anApplication,
  anAuditEvent,
  aSigningKey,
  aTestNumber,
  aUser,
  LIMITS,
  NOON,
} from "../support/builders.ts";
import { type OpenEmpty, openedForEach } from "./opened-storage.ts";

const AUDIT = anAuditEvent();
const SECRET = "a-secret-for-tests-of-32-bytes-or-more";
const ALICE = aUser({
  id: "u-alice",
  username: "alice",
  phone: { number: A_NUMBER, status: "bound", since: NOON },
});
const BOB = aUser({ id: "u-bob", username: "bob" });
const login = (value: string) => ({ kind: "username", value }) as const;

export function dataKeysContract(openEmpty: OpenEmpty): void {
  describe("replacing the data key (SEC-07)", () => {
    const storage = openedForEach(openEmpty);

    // What somebody has who kept a copy of the store and the SECRET of that time.
    function thief(): Vault {
      const opened = unwrapDataKey(storage().vault.wrap("copied"), ["copied"]);
      assert.ok(opened !== null);
      return openVault(opened.dataKey);
    }

    const rotate = (options: Partial<RotationOptions> = {}) =>
      rotateDataKey(
        {
          storage: storage(),
          now: Date.now,
          actor: "cli:tester",
          limits: { ...LIMITS, dataKeyPublishSeconds: 0 },
        },
        { waitUntil: async () => {}, onProgress: () => {}, ...options },
      );

    async function fill(): Promise<void> {
      const { users, applications, signingKeys, testNumbers } = storage();
      await users.create(ALICE, AUDIT);
      await applications.create(anApplication(), AUDIT);
      await storage().resources.create(anApiResource(), AUDIT);
      await signingKeys.add([aSigningKey()], null, AUDIT);
      await testNumbers.add(aTestNumber(), AUDIT);
    }

    async function assertAllIsThere(opened: Storage): Promise<void> {
      assert.deepEqual(await opened.users.findByLogin(login("alice")), ALICE);
      assert.equal(await opened.users.countByPhone(A_NUMBER), 1);
      assert.deepEqual(await opened.applications.find(anApplication().id), anApplication());
      assert.deepEqual(await opened.resources.find(anApiResource().id), anApiResource());
      assert.deepEqual(await opened.signingKeys.list(), [aSigningKey()]);
      assert.deepEqual(await opened.testNumbers.find(aTestNumber().number), aTestNumber());
      assert.equal((await opened.audit.list({ limit: 1 })).length, 1);
    }

    it("leaves everything as it was, pairwise subjects with it", async () => {
      await fill();
      const salt = storage().vault.derive("pairwise");
      assert.equal((await rotate()).users, 1);
      await assertAllIsThere(storage());
      assert.deepEqual(storage().vault.derive("pairwise"), salt);
    });

    it("opens and finds nothing with the old key that is written afterwards", async () => {
      const old = thief();
      await rotate();
      const { vault } = storage();
      assert.throws(() => old.open(vault.seal("private", "users"), "users"));
      const [before] = old.lookups("phone", A_NUMBER);
      assert.ok(!vault.lookups("phone", A_NUMBER).includes(before));
    });

    it("holds names and numbers to be taken at every moment of it", async () => {
      await fill();
      const same = aUser({ id: "u-other", username: "alice" });
      const isHeld = async () => {
        assert.equal(await storage().users.create(same, AUDIT), "conflict");
        assert.equal((await storage().users.findByLogin(login("alice")))?.id, ALICE.id);
        assert.equal(await storage().users.countByPhone(A_NUMBER), 1);
      };
      await rotate({ waitUntil: isHeld });
      await isHeld();
    });

    it("finds who is added in the middle of it, and takes their name", async () => {
      await fill();
      let added = "";
      const add = async () => {
        added ||= await storage().users.create(BOB, AUDIT);
      };
      await rotate({ waitUntil: add });
      assert.equal(added, "created");
      assert.deepEqual(await storage().users.findByLogin(login("bob")), BOB);
      assert.equal(await storage().users.create({ ...BOB, id: "u2" }, AUDIT), "conflict");
      assert.equal(await storage().users.remove(BOB.id, AUDIT), "changed");
      assert.equal(await storage().users.create({ ...BOB, id: "u3" }, AUDIT), "created");
    });

    for (const moment of [1, 2]) {
      it(`goes on where it was broken off, at its pause ${moment}`, async () => {
        await fill();
        const old = thief();
        let pauses = 0;
        const die = async () => {
          pauses++;
          if (pauses === moment) throw new Error("killed");
        };
        await assert.rejects(rotate({ waitUntil: die }), /killed/);
        await assertAllIsThere(storage());
        const begun = thief();
        await rotate();
        await assertAllIsThere(storage());
        const { vault } = storage();
        // The key that was begun with, and no third one.
        assert.equal(begun.open(vault.seal("private", "users"), "users"), "private");
        assert.throws(() => old.open(vault.seal("private", "users"), "users"));
      });
    }

    it("can be done again, and again", async () => {
      await fill();
      await rotate();
      const second = thief();
      await rotate();
      await assertAllIsThere(storage());
      const { vault } = storage();
      assert.throws(() => second.open(vault.seal("private", "users"), "users"));
      assert.equal(vault.lookups("phone", A_NUMBER).length, 1);
    });

    it("wraps the keys, all of them, for a store to move to", async () => {
      await fill();
      await rotate();
      const wrapped = storage().vault.wrap(SECRET);
      const moved = unwrapDataKey(wrapped, [SECRET]);
      assert.ok(moved !== null);
      const there = openVault(moved.dataKey);
      assert.equal(there.open(storage().vault.seal("private", "users"), "users"), "private");
      assert.deepEqual(
        there.lookups("phone", A_NUMBER),
        storage().vault.lookups("phone", A_NUMBER),
      );
    });
  });
}
