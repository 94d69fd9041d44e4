import assert from "node:assert/strict";
import { anAuditEvent, aSigningKey, NOON } from "../support/builders.ts";
import { type OpenEmpty, openedForEach, race } from "./opened-storage.ts";

const AUDIT = anAuditEvent();
const LATER = NOON + 1000;

export function signingKeyStoreContract(openEmpty: OpenEmpty): void {
  describe("SigningKeyStore contract", () => {
    const storage = openedForEach(openEmpty);
    const kids = async () => (await storage().signingKeys.list()).map((key) => key.kid).toSorted();
    const pair = (i: number, createdAt = NOON) => [
      aSigningKey({ kid: `es-${i}`, alg: "ES256", createdAt }),
      aSigningKey({ kid: `rs-${i}`, alg: "RS256", createdAt }),
    ];

    it("is empty to begin with, and gives back keys as they were added", async () => {
      assert.deepEqual(await storage().signingKeys.list(), []);
      assert.equal(await storage().signingKeys.add(pair(1), null, AUDIT), true);
      assert.deepEqual(await storage().signingKeys.list(), pair(1));
    });

    it("adds one set when twenty first starts happen at once", async () => {
      const added = await race(20, (i) => storage().signingKeys.add(pair(i), null, AUDIT));
      assert.equal(added.filter(Boolean).length, 1);
      const winner = added.indexOf(true);
      assert.deepEqual(await kids(), [`es-${winner}`, `rs-${winner}`]);
      assert.equal((await storage().audit.list({ limit: 50 })).length, 1);
    });

    it("adds one set when twenty rotations happen at once", async () => {
      await storage().signingKeys.add(pair(100), null, AUDIT);
      const added = await race(20, (i) =>
        storage().signingKeys.add(pair(i, LATER + i), NOON, AUDIT),
      );
      assert.equal(added.filter(Boolean).length, 1);
      assert.equal((await kids()).length, 4);
    });

    it("adds nothing to a store that is not empty when it was thought to be", async () => {
      await storage().signingKeys.add(pair(1), null, AUDIT);
      assert.equal(await storage().signingKeys.add(pair(2, LATER), null, AUDIT), false);
      assert.deepEqual(await kids(), ["es-1", "rs-1"]);
    });

    it("adds a key of an algorithm that another one's newer key says nothing about", async () => {
      const [es, rs] = [
        aSigningKey({ kid: "es", alg: "ES256", createdAt: NOON }),
        aSigningKey({ kid: "rs", alg: "RS256", createdAt: LATER }),
      ];
      await storage().signingKeys.add([es], null, AUDIT);
      const newer = aSigningKey({ kid: "es-2", alg: "ES256", createdAt: LATER + 1 });
      assert.equal(await storage().signingKeys.add([newer], NOON, AUDIT), true);
      assert.equal(await storage().signingKeys.add([rs], NOON, AUDIT), true);
    });

    it("refuses keys that are no newer than those that are known", async () => {
      await storage().signingKeys.add(pair(1), null, AUDIT);
      await assert.rejects(storage().signingKeys.add(pair(2), NOON, AUDIT), RangeError);
    });

    it("removes keys, and minds none that are not there", async () => {
      await storage().signingKeys.add(pair(1), null, AUDIT);
      await storage().signingKeys.remove(["es-1", "unknown"]);
      assert.deepEqual(await kids(), ["rs-1"]);
    });
  });
}
