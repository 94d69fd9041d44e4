import assert from "node:assert/strict";
import type { User } from "../../src/domain/user.ts";
import { A_NUMBER, anAuditEvent, aUser, NOON } from "../support/builders.ts";
import { type OpenEmpty, openedForEach, race, tally } from "./opened-storage.ts";

const AUDIT = anAuditEvent();
const ALICE = aUser({
  id: "u-alice",
  username: "Alice",
  email: "Alice@Example.com",
  emailVerified: true,
  loginPhone: A_NUMBER,
  phone: { number: A_NUMBER, status: "assigned", since: NOON },
  profile: { name: "Alice", address: { locality: "Ελλάδα" } },
  passwordHash: "$argon2id$a-hash",
});

function changed(user: User, given: Partial<User>): User {
  return { ...user, updatedAt: user.updatedAt + 1, ...given };
}

export function userStoreContract(openEmpty: OpenEmpty): void {
  describe("UserStore contract", () => {
    const storage = openedForEach(openEmpty);

    it("gives back a user as it was created", async () => {
      assert.equal(await storage().users.create(ALICE, AUDIT), "created");
      assert.deepEqual(await storage().users.find("u-alice"), ALICE);
    });

    it("finds a user by each login name in its normal form", async () => {
      await storage().users.create(ALICE, AUDIT);
      const { users } = storage();
      for (const login of [
        { kind: "username", value: "alice" },
        { kind: "email", value: "alice@example.com" },
        { kind: "phone", value: A_NUMBER },
      ] as const) {
        assert.deepEqual(await users.findByLogin(login), ALICE, login.kind);
      }
    });

    it("refuses what looks like another user's name, and lets those go on who looked alike before", async () => {
      const { users } = storage();
      const [first, second] = ["first", "second"].map((id) =>
        aUser({ id, username: id, lookAlikes: undefined }),
      );
      assert.ok(first && second);
      assert.equal(await users.create({ ...first, lookAlikes: ["look", "own"] }, AUDIT), "created");
      assert.equal(await users.create({ ...second, lookAlikes: ["look"] }, AUDIT), "conflict");
      assert.equal(await users.create(second, AUDIT), "created");
      assert.equal(
        await users.replace(second, changed(second, { email: "s@x.org" }), AUDIT),
        "changed",
      );
      const renamed = { ...changed(second, { email: "s@x.org" }) };
      const alike = changed(renamed, { lookAlikes: ["look"] });
      assert.equal(await users.replace(renamed, alike, AUDIT), "conflict");
      assert.equal(await users.findByLogin({ kind: "username", value: "look" }), null);
      assert.equal(await users.remove("first", AUDIT), "changed");
      assert.equal(await users.replace(renamed, alike, AUDIT), "changed");
    });

    it("lets one of twenty at once have a look", async () => {
      const outcomes = await race(20, (i) =>
        storage().users.create(
          aUser({ id: `u${i}`, username: `name${i}`, lookAlikes: ["look", `own${i}`] }),
          AUDIT,
        ),
      );
      assert.deepEqual(tally(outcomes), { created: 1, conflict: 19 });
    });

    it("does not find a name under another kind, nor a user that is not there", async () => {
      await storage().users.create(ALICE, AUDIT);
      const { users } = storage();
      assert.equal(await users.findByLogin({ kind: "email", value: "alice" }), null);
      assert.equal(await users.findByLogin({ kind: "username", value: A_NUMBER }), null);
      assert.equal(await users.find("u-bob"), null);
      assert.deepEqual(await users.replace(aUser(), changed(aUser(), {}), AUDIT), "absent");
      assert.equal(await users.remove("u1", AUDIT), "absent");
      assert.equal(await users.clearFactorAttempts("u1", AUDIT), "absent");
      assert.equal(await users.upgradePasswordHash("u1", "a", "b"), false);
    });

    for (const taken of [
      { username: "ALICE" },
      { email: "ALICE@example.com" },
      { loginPhone: A_NUMBER },
    ] satisfies Partial<User>[]) {
      const [kind] = Object.keys(taken);

      it(`refuses a second user with the same ${kind}, whole`, async () => {
        await storage().users.create(ALICE, AUDIT);
        const bob = aUser({ id: "u-bob", username: "bob", ...taken });
        assert.equal(await storage().users.create(bob, AUDIT), "conflict");
        assert.equal(await storage().users.find("u-bob"), null);
        const login = { kind: "username", value: "bob" } as const;
        assert.equal(await storage().users.findByLogin(login), null);
      });

      it(`refuses to change a user to another one's ${kind}`, async () => {
        await storage().users.create(ALICE, AUDIT);
        const bob = aUser({ id: "u-bob", username: "bob" });
        await storage().users.create(bob, AUDIT);
        assert.equal(await storage().users.replace(bob, changed(bob, taken), AUDIT), "conflict");
        assert.deepEqual(await storage().users.find("u-bob"), bob);
      });
    }

    it("refuses a second user with the same id", async () => {
      await storage().users.create(ALICE, AUDIT);
      assert.equal(await storage().users.create(aUser({ id: "u-alice" }), AUDIT), "conflict");
    });

    it("frees the names that a user gives up", async () => {
      await storage().users.create(ALICE, AUDIT);
      const renamed = changed(ALICE, { username: "alicia", email: null, loginPhone: null });
      assert.equal(await storage().users.replace(ALICE, renamed, AUDIT), "changed");
      const login = { kind: "username", value: "alice" } as const;
      assert.equal(await storage().users.findByLogin(login), null);
      const bob = aUser({ id: "u-bob", username: "alice", loginPhone: A_NUMBER });
      assert.equal(await storage().users.create(bob, AUDIT), "created");
    });

    it("frees the names of a user that is removed", async () => {
      await storage().users.create(ALICE, AUDIT);
      assert.equal(await storage().users.remove("u-alice", AUDIT), "changed");
      assert.equal(await storage().users.find("u-alice"), null);
      assert.equal(await storage().users.countByPhone(A_NUMBER), 0);
      assert.equal(await storage().users.create({ ...ALICE, id: "u-new" }, AUDIT), "created");
    });

    it("keeps its own names when something else changes", async () => {
      await storage().users.create(ALICE, AUDIT);
      const after = changed(ALICE, { profile: { name: "Alice L." } });
      assert.equal(await storage().users.replace(ALICE, after, AUDIT), "changed");
      assert.deepEqual(
        await storage().users.findByLogin({ kind: "phone", value: A_NUMBER }),
        after,
      );
    });

    it("lets one of twenty parallel creations have a name", async () => {
      const outcomes = await race(20, (i) =>
        storage().users.create(aUser({ id: `u${i}`, username: "alice" }), AUDIT),
      );
      assert.deepEqual(tally(outcomes), { created: 1, conflict: 19 });
    });

    it("lets one of twenty parallel changes of one reading through", async () => {
      await storage().users.create(ALICE, AUDIT);
      const outcomes = await race(20, (i) =>
        storage().users.replace(ALICE, changed(ALICE, { username: `alice${i}` }), AUDIT),
      );
      assert.deepEqual(tally(outcomes), { changed: 1, stale: 19 });
      const found = await storage().users.find("u-alice");
      const login = { kind: "username", value: found?.username ?? "" } as const;
      assert.deepEqual(await storage().users.findByLogin(login), found);
    });

    it("refuses a change that would look like what it replaces", async () => {
      await storage().users.create(ALICE, AUDIT);
      const after = { ...ALICE, username: "alicia" };
      await assert.rejects(storage().users.replace(ALICE, after, AUDIT), RangeError);
    });

    it("counts the users of a number, assigned or bound, and no login phones", async () => {
      const bound = { number: A_NUMBER, status: "bound", since: NOON } as const;
      await storage().users.create(ALICE, AUDIT);
      await storage().users.create(aUser({ id: "u2", phone: bound }), AUDIT);
      const third = aUser({ id: "u3", loginPhone: "+14155552672" });
      await storage().users.create(third, AUDIT);
      assert.equal(await storage().users.countByPhone(A_NUMBER), 2);
      assert.equal(await storage().users.countByPhone("+14155552672"), 0);
      await storage().users.replace(ALICE, changed(ALICE, { phone: null }), AUDIT);
      assert.equal(await storage().users.countByPhone(A_NUMBER), 1);
    });

    it("leaves the factor attempts alone when a user is replaced", async () => {
      const locked = { inARow: 10, lockedUntil: NOON + 900_000 };
      await storage().users.create({ ...ALICE, factorAttempts: locked }, AUDIT);
      const after = changed(ALICE, { factorAttempts: { inARow: 0, lockedUntil: null } });
      assert.equal(await storage().users.replace(ALICE, after, AUDIT), "changed");
      assert.deepEqual((await storage().users.find("u-alice"))?.factorAttempts, locked);
    });

    it("clears the factor attempts, a lock with them", async () => {
      const locked = { inARow: 10, lockedUntil: NOON + 900_000 };
      await storage().users.create({ ...ALICE, factorAttempts: locked }, AUDIT);
      assert.equal(await storage().users.clearFactorAttempts("u-alice", AUDIT), "changed");
      assert.deepEqual(await storage().users.find("u-alice"), ALICE);
    });

    it("upgrades a password hash only from the one that was verified", async () => {
      await storage().users.create(ALICE, AUDIT);
      const from = ALICE.passwordHash ?? "";
      assert.equal(await storage().users.upgradePasswordHash("u-alice", "another", "new"), false);
      const upgrades = await race(5, (i) =>
        storage().users.upgradePasswordHash("u-alice", from, `new-${i}`),
      );
      assert.equal(upgrades.filter(Boolean).length, 1);
      assert.match((await storage().users.find("u-alice"))?.passwordHash ?? "", /^new-/);
    });

    it("does not let a replacement bring an upgraded hash back", async () => {
      await storage().users.create(ALICE, AUDIT);
      await storage().users.upgradePasswordHash("u-alice", ALICE.passwordHash ?? "", "new");
      assert.equal(await storage().users.replace(ALICE, changed(ALICE, {}), AUDIT), "stale");
    });

    it("lists users by id, a page at a time", async () => {
      for (const id of ["c", "a", "b"]) await storage().users.create(aUser({ id }), AUDIT);
      const ids = async (after?: string) =>
        (await storage().users.list({ after, limit: 2 })).map((user) => user.id);
      assert.deepEqual(await ids(), ["a", "b"]);
      assert.deepEqual(await ids("b"), ["c"]);
      assert.deepEqual(await ids("c"), []);
    });

    it("writes the audit event of a change, and none of a change that was refused", async () => {
      const { users, audit } = storage();
      await users.create(ALICE, anAuditEvent({ action: "created" }));
      await users.create(ALICE, anAuditEvent({ action: "refused" }));
      await users.replace(ALICE, changed(ALICE, {}), anAuditEvent({ action: "replaced" }));
      await users.replace(ALICE, changed(ALICE, {}), anAuditEvent({ action: "refused" }));
      await users.clearFactorAttempts("u-alice", anAuditEvent({ action: "cleared" }));
      await users.clearFactorAttempts("nobody", anAuditEvent({ action: "refused" }));
      await users.remove("u-alice", anAuditEvent({ action: "removed" }));
      await users.remove("u-alice", anAuditEvent({ action: "refused" }));
      const actions = (await audit.list({ limit: 10 })).map((event) => event.action);
      assert.deepEqual(actions, ["created", "replaced", "cleared", "removed"]);
    });
  });
}
