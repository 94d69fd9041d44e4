import assert from "node:assert/strict";
import type { Storage } from "../../src/ports/storage.ts";
import { anInteractionState, NOON } from "../support/builders.ts";
import { type OpenEmpty, openedForEach, race } from "./opened-storage.ts";

const END = NOON + 900_000;
const RECORD = {
  returnTo: "https://op.example/auth/i1",
  params: { client_id: "app1", scope: "openid" },
  iat: NOON / 1000,
};

async function moveOn(storage: Storage): Promise<void> {
  const moved = await storage.interactions.move({
    uid: "i1",
    now: NOON,
    from: { version: 0 },
    to: anInteractionState(),
    resetAttempts: true,
    effects: {},
  });
  assert.deepEqual(moved, { outcome: "moved", version: 1 });
}

export function interactionStoreContract(openEmpty: OpenEmpty): void {
  describe("InteractionStore contract", () => {
    const storage = openedForEach(openEmpty);

    it("gives back a record as it was saved, its uid as jti, and no state yet", async () => {
      await storage().interactions.save("i1", { ...RECORD, jti: "i1" }, END);
      assert.deepEqual(await storage().interactions.find("i1", NOON), {
        uid: "i1",
        record: { ...RECORD, jti: "i1" },
        state: null,
        attempts: 0,
        version: 0,
        expiresAt: END,
      });
    });

    it("does not find one that is not there, and takes and destroys none", async () => {
      const { interactions } = storage();
      assert.equal(await interactions.find("i1", NOON), null);
      assert.equal(await interactions.take("i1", NOON), null);
      await interactions.destroy("i1");
    });

    it("forgets the cookie of the session that the interaction began in", async () => {
      const session = { uid: "s1", cookie: "a-live-session-id", accountId: "u1" };
      await storage().interactions.save("i1", { ...RECORD, session }, END);
      const found = await storage().interactions.find("i1", NOON);
      assert.deepEqual(found?.record.session, { uid: "s1", accountId: "u1" });
    });

    it("lets one that is alive live longer, and no shorter, and brings none back", async () => {
      const { interactions } = storage();
      const endOf = async (now = NOON) => (await interactions.find("i1", now))?.expiresAt;
      await interactions.prolong("i1", END, NOON);
      assert.equal(await endOf(), undefined);
      await interactions.save("i1", RECORD, NOON + 1000);
      await interactions.prolong("i1", END, NOON + 999);
      assert.equal(await endOf(), END);
      await interactions.prolong("i1", NOON + 1000, NOON);
      assert.equal(await endOf(), END);
      await interactions.prolong("i1", END + 1000, END);
      assert.equal(await endOf(), END);
    });

    it("lets one live longer whatever moves meanwhile, and keeps what moved", async () => {
      const { interactions } = storage();
      await interactions.save("i1", RECORD, NOON + 1000);
      await Promise.all([moveOn(storage()), interactions.prolong("i1", END, NOON)]);
      const found = await interactions.find("i1", NOON);
      assert.deepEqual([found?.expiresAt, found?.version], [END, 1]);
      assert.deepEqual(found?.state, anInteractionState());
    });

    it("keeps state, version and attempts when the record is saved again", async () => {
      const { interactions } = storage();
      await interactions.save("i1", RECORD, END);
      await moveOn(storage());
      await interactions.save("i1", { ...RECORD, trusted: ["acr"] }, END + 1000);
      assert.deepEqual(await interactions.find("i1", NOON), {
        uid: "i1",
        record: { ...RECORD, trusted: ["acr"], jti: "i1" },
        state: anInteractionState(),
        attempts: 0,
        version: 1,
        expiresAt: END + 1000,
      });
    });

    it("keeps apart what lies under different uids", async () => {
      const { interactions } = storage();
      await interactions.save("i1", { ...RECORD, which: 1 }, END);
      await interactions.save("i2", { ...RECORD, which: 2 }, END);
      await interactions.destroy("i1");
      assert.equal(await interactions.find("i1", NOON), null);
      assert.equal((await interactions.find("i2", NOON))?.record.which, 2);
    });

    it("is there until the millisecond at which it expires by our clock (FLT-18)", async () => {
      const { interactions } = storage();
      await interactions.save("i1", { ...RECORD, result: { login: {} } }, END);
      assert.notEqual(await interactions.find("i1", END - 1), null);
      assert.equal(await interactions.find("i1", END), null);
      assert.equal(await interactions.take("i1", END), null);
    });

    it("does not take one that has not ended", async () => {
      const { interactions } = storage();
      await interactions.save("i1", RECORD, END);
      assert.equal(await interactions.take("i1", NOON), null);
      await interactions.save("i1", { ...RECORD, result: null }, END);
      assert.equal(await interactions.take("i1", NOON), null);
      assert.notEqual(await interactions.find("i1", NOON), null);
    });

    it("lets one of fifty takers have one that has ended", async () => {
      const { interactions } = storage();
      const result = { login: { accountId: "u1" } };
      await interactions.save("i1", { ...RECORD, result }, END);
      const taken = await race(50, () => interactions.take("i1", NOON));
      const [first, ...others] = taken.filter((each) => each !== null);
      assert.deepEqual(first?.record, { ...RECORD, result, jti: "i1" });
      assert.deepEqual(others, []);
      assert.equal(await interactions.find("i1", NOON), null);
    });
  });
}
