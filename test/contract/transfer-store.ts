import assert from "node:assert/strict";
import { DEFAULT_RULES, withSms } from "../../src/domain/security-rules.ts";
import {
  A_NUMBER,
  anApiResource,
  anApplication,
  anAuditEvent,
  aSigningKey,
  aTestNumber,
  aUser,
  NOON,
} from "../support/builders.ts";
import { type OpenEmpty, openedForEach } from "./opened-storage.ts";

const AUDIT = anAuditEvent();
const WITH_TEXTS = anApplication({ id: "app2", texts: { de: "Größe: {code}", en: "{code}" } });
const SMS_ON = withSms(DEFAULT_RULES, true);
const ALICE = aUser({
  id: "u-alice",
  username: "alice",
  loginPhone: A_NUMBER,
  phone: { number: A_NUMBER, status: "bound", since: NOON },
  factorAttempts: { inARow: 10, lockedUntil: NOON + 900_000 },
});

export function transferStoreContract(openEmpty: OpenEmpty): void {
  describe("TransferStore contract", () => {
    const storage = openedForEach(openEmpty);

    async function putAll(): Promise<void> {
      const { transfer } = storage();
      await transfer.putGlobalRules(SMS_ON);
      await transfer.putApplication(anApplication(), DEFAULT_RULES);
      await transfer.putApplication(WITH_TEXTS, null);
      await transfer.putUsers([ALICE, aUser({ id: "u-bob", username: "bob" })]);
      await transfer.putSigningKeys([aSigningKey({ kid: "k1" }), aSigningKey({ kid: "k2" })]);
      await transfer.putTestNumbers([aTestNumber()]);
      await transfer.putResources([anApiResource()]);
      await transfer.putAuditEvents([
        { ...anAuditEvent({ action: "one" }), id: 3 },
        { ...anAuditEvent({ action: "other" }), id: 7 },
      ]);
    }

    it("begins on an empty store, goes on with what was begun, and ends", async () => {
      const { transfer } = storage();
      assert.equal(await transfer.isUnderWay(), false);
      assert.equal(await transfer.begin(), true);
      assert.equal(await transfer.isUnderWay(), true);
      await putAll();
      assert.equal(await transfer.begin(), true);
      await transfer.end();
      assert.equal(await transfer.isUnderWay(), false);
      assert.equal(await transfer.begin(), false);
    });

    const BEFORE: Readonly<Record<string, () => Promise<unknown>>> = {
      "a user": () => storage().users.create(aUser(), AUDIT),
      "an application": () => storage().applications.create(anApplication(), AUDIT),
      rules: () => storage().rules.replace(null, DEFAULT_RULES, SMS_ON, AUDIT),
      "an API": () => storage().resources.create(anApiResource(), AUDIT),
      keys: () => storage().signingKeys.add([aSigningKey()], null, AUDIT),
      "a test number": () => storage().testNumbers.add(aTestNumber(), AUDIT),
      events: () => storage().audit.append([AUDIT]),
    };
    for (const [what, put] of Object.entries(BEFORE)) {
      it(`does not begin on a store that holds ${what}`, async () => {
        await put();
        assert.equal(await storage().transfer.begin(), false);
        assert.equal(await storage().transfer.isUnderWay(), false);
      });
    }

    it("puts everything as it was, and the same again changes nothing", async () => {
      await storage().transfer.begin();
      for (let times = 0; times < 2; times++) {
        await putAll();
        const { applications, rules, users, signingKeys, audit } = storage();
        const login = { kind: "phone", value: A_NUMBER } as const;
        assert.deepEqual(await users.findByLogin(login), ALICE);
        assert.equal(await users.countByPhone(A_NUMBER), 1);
        assert.deepEqual(
          (await users.list({ limit: 9 })).map(({ id }) => id),
          ["u-alice", "u-bob"],
        );
        assert.deepEqual(await applications.find("app1"), anApplication());
        assert.deepEqual(await applications.find("app2"), WITH_TEXTS);
        assert.deepEqual(await rules.find("app1"), { global: SMS_ON, own: DEFAULT_RULES });
        assert.deepEqual(await rules.find("app2"), { global: SMS_ON, own: null });
        assert.deepEqual((await signingKeys.list()).map(({ kid }) => kid).toSorted(), ["k1", "k2"]);
        assert.deepEqual(await storage().testNumbers.list(), [aTestNumber()]);
        assert.deepEqual(await storage().resources.list(), [anApiResource()]);
        const events = await audit.list({ limit: 9 });
        assert.deepEqual(
          events.map(({ id, action }) => [id, action]),
          [
            [3, "one"],
            [7, "other"],
          ],
        );
      }
    });

    it("gives later events higher ids than those that came along", async () => {
      await storage().transfer.begin();
      await putAll();
      await storage().audit.append([anAuditEvent({ action: "later" })]);
      const [newest] = await storage().audit.list({ limit: 1, newestFirst: true });
      assert.equal(newest?.action, "later");
      assert.ok(newest && newest.id > 7);
    });

    it("does not give one user's login name to another", async () => {
      const { transfer, users } = storage();
      await transfer.begin();
      await putAll();
      const thief = aUser({ id: "u-thief", username: "Alice" });
      await assert.rejects(transfer.putUsers([thief]), /belongs to another/);
      assert.equal((await users.findByLogin({ kind: "username", value: "alice" }))?.id, "u-alice");
    });
  });
}
