import assert from "node:assert/strict";
import { anAuditEvent, anInteractionState, aUser, NOON } from "../support/builders.ts";
import { type OpenEmpty, openedForEach, race } from "./opened-storage.ts";

const DAY = 86_400_000;
const HOME = "192.0.2";

export function deviceStoreContract(openEmpty: OpenEmpty): void {
  describe("DeviceStore contract", () => {
    const storage = openedForEach(openEmpty);
    let interactions = 0;
    const judge = async (deviceId: string, userId = "u1", now = NOON) =>
      (await storage().devices.judge({ userId, deviceId, network: HOME }, now)).device;
    const judgeNetwork = async (network: string, userId = "u1", now = NOON) =>
      (await storage().devices.judge({ userId, deviceId: "other", network }, now)).network;

    async function signInWith(
      deviceId: string,
      userId = "u1",
      now = NOON,
      network = HOME,
    ): Promise<void> {
      const uid = `i${++interactions}`;
      await storage().interactions.save(uid, {}, now + 900_000);
      const moved = await storage().interactions.move({
        uid,
        now,
        from: { version: 0 },
        to: anInteractionState(),
        resetAttempts: true,
        effects: { device: { userId, deviceId, network } },
      });
      assert.equal(moved.outcome, "moved");
    }

    it("knows a browser once its user has signed in with it, and no other", async () => {
      assert.equal(await judge("laptop"), "first");
      await signInWith("laptop");
      assert.equal(await judge("laptop"), "known");
      assert.equal(await judge("phone"), "new");
    });

    it("knows the last ten networks of a sign-in, of this user alone, for 90 days", async () => {
      await signInWith("laptop");
      assert.equal(await judgeNetwork(HOME), "known");
      assert.equal(await judgeNetwork(HOME, "u2"), "new");
      assert.equal(await judgeNetwork("198.51.100"), "new");
      assert.equal(await judgeNetwork(HOME, "u1", NOON + 90 * DAY - 1), "known");
      assert.equal(await judgeNetwork(HOME, "u1", NOON + 90 * DAY), "new");
      for (let i = 0; i < 10; i++) await signInWith("laptop", "u1", NOON + i, `198.51.${i}`);
      assert.equal(await judgeNetwork(HOME), "new");
      assert.equal(await judgeNetwork("198.51.0"), "known");
      assert.equal(await judge("laptop"), "known");
    });

    it("knows it of this user alone", async () => {
      await signInWith("laptop");
      assert.equal(await judge("laptop", "u2"), "first");
    });

    it("remembers none of a move that is not made", async () => {
      await storage().interactions.save("stale", {}, NOON + 900_000);
      const moved = await storage().interactions.move({
        uid: "stale",
        now: NOON,
        from: { version: 7 },
        to: anInteractionState(),
        resetAttempts: true,
        effects: { device: { userId: "u1", deviceId: "laptop", network: HOME } },
      });
      assert.equal(moved.outcome, "stale");
      assert.equal(await judge("laptop"), "first");
    });

    it("remembers all of ten that sign in at once, and the last twenty in all", async () => {
      await race(10, (i) => signInWith(`early${i}`));
      for (let i = 0; i < 10; i++) assert.equal(await judge(`early${i}`), "known");
      for (let i = 0; i < 20; i++) await signInWith(`late${i}`, "u1", NOON + i);
      for (let i = 0; i < 10; i++) assert.equal(await judge(`early${i}`), "new");
      for (let i = 0; i < 20; i++) assert.equal(await judge(`late${i}`), "known");
    });

    it("forgets the browsers of a user that is removed", async () => {
      await storage().users.create(aUser(), anAuditEvent());
      await signInWith("laptop");
      await storage().users.remove("u1", anAuditEvent());
      assert.equal(await judge("laptop"), "first");
    });

    it("forgets and sweeps what was not seen for 400 days", async () => {
      await signInWith("laptop");
      const end = NOON + 400 * DAY;
      assert.equal(await judge("laptop", "u1", end - 1), "known");
      assert.equal(await judge("laptop", "u1", end), "first");
      assert.equal(await storage().sweep(end - 1, 100), 0);
      assert.equal(await storage().sweep(end, 100), 1);
    });
  });
}
