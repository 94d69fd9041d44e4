import assert from "node:assert/strict";
import { setGlobal } from "../../src/admin/rules.ts";
import { updateUser } from "../../src/admin/user-changes.ts";
import { addUser, listUsers, removeUser, showUser } from "../../src/admin/users.ts";
import { BY_ADMINISTRATOR } from "../../src/domain/enrolment.ts";
import { A_NUMBER } from "../support/builders.ts";
import { openRoom, type Room, refusal } from "./room.ts";

const ANOTHER_NUMBER = "+14155552672";

describe("users", () => {
  let room: Room;
  beforeEach(async () => {
    room = await openRoom();
  });
  afterEach(() => room.storage.close());

  const stored = async (id: string) => {
    const user = await room.storage.users.find(id);
    assert.ok(user);
    return user;
  };

  it("makes one with a generated password, told once", async () => {
    const added = await addUser(room, { username: "alice", phone: "+1 (415) 555-2671" });
    assert.match(added.id, /^[0-9a-f]{32}$/);
    assert.equal(added.phone, A_NUMBER);
    const { passwordHash, loginPhone, phone } = await stored(added.id);
    assert.ok((await room.hasher.verify(passwordHash, added.password ?? "")).matches);
    assert.equal(loginPhone, A_NUMBER);
    const enrolment = BY_ADMINISTRATOR;
    const assigned = { number: A_NUMBER, status: "assigned", since: room.now(), enrolment };
    assert.deepEqual(phone, assigned);
    assert.equal(
      JSON.stringify(await showUser(room, "alice")).includes(added.password ?? ""),
      false,
    );
  });

  it("takes a password that is given, and does not tell it", async () => {
    const added = await addUser(room, { username: "alice", password: "a long enough password" });
    assert.equal(added.password, undefined);
    const { passwordHash } = await stored(added.id);
    assert.ok((await room.hasher.verify(passwordHash, "a long enough password")).matches);
  });

  it("asks for fifteen characters, or for eight where a second factor is asked for", async () => {
    const given = { username: "alice", password: "14 characters." };
    await refusal(addUser(room, given), "usage");
    await setGlobal(room, true);
    await addUser(room, given);
    await refusal(addUser(room, { username: "bob", password: "seven77" }), "usage");
  });

  it("refuses a password that many use", async () => {
    const given = { username: "alice", password: "Correct horse battery staple" };
    await refusal(addUser(room, given), "usage");
  });

  it("makes one without a password only where a phone can sign in", async () => {
    await refusal(addUser(room, { username: "alice", password: null }), "usage");
    const { id } = await addUser(room, { phone: A_NUMBER, password: null });
    assert.equal((await stored(id)).passwordHash, null);
  });

  const REFUSED = [
    { why: "nobody's name", given: { name: "Alice" } },
    { why: "a username of two lines", given: { username: "al\nice" } },
    { why: "a username with an @", given: { username: "a@b" } },
    { why: "an address that is none", given: { email: "nowhere" } },
    {
      why: "an address that would be two headers",
      given: { email: "a@b.example\nBcc: c@d.example" },
    },
    { why: "a verified address that is not there", given: { username: "a", emailVerified: true } },
    { why: "a number without its country", given: { phone: "4155552671" } },
    { why: "a landline", given: { phone: "+442079460000" } },
    { why: "a name of two lines", given: { username: "a", name: "A\nB" } },
  ];
  for (const { why, given } of REFUSED) {
    it(`refuses ${why}`, async () => {
      await refusal(addUser(room, given), "usage");
    });
  }

  it("keeps a name that a page must escape", async () => {
    await addUser(room, { username: "alice", name: "<img src=x onerror=alert(1)>" });
    assert.equal((await showUser(room, "alice")).name, "<img src=x onerror=alert(1)>");
  });

  it("says which name is taken", async () => {
    await addUser(room, { username: "Alice", email: "a@example.com", phone: A_NUMBER });
    const again = (given: object) => refusal(addUser(room, { ...given }), "conflict");
    assert.match(await again({ username: "aLICE" }), /^The username/);
    assert.match(await again({ email: "A@example.com" }), /^The e-mail address/);
    assert.match(await again({ phone: A_NUMBER }), /^The phone number/);
  });

  it("finds one by id and by every login name", async () => {
    const { id } = await addUser(room, {
      username: "alice",
      email: "a@example.com",
      phone: A_NUMBER,
    });
    for (const name of [id, "ALICE", "A@Example.com", A_NUMBER]) {
      assert.equal((await showUser(room, name)).id, id);
    }
    const sentence = await refusal(showUser(room, ANOTHER_NUMBER), "not-found");
    assert.ok(!sentence.includes(ANOTHER_NUMBER), sentence);
  });

  it("shows a masked number, and the whole one only into the audit log's sight", async () => {
    await addUser(room, { username: "alice", phone: A_NUMBER });
    assert.equal((await showUser(room, "alice")).phone, "+1 ••• ••• 71");
    assert.equal((await room.lastEvent()).action, "user-added");
    assert.equal((await showUser(room, "alice", { revealPhone: true })).phone, A_NUMBER);
    assert.equal((await room.lastEvent()).action, "user-phone-revealed");
  });

  it("keeps passwords, hashes and whole numbers out of the audit log", async () => {
    const { password } = await addUser(room, { username: "alice", phone: A_NUMBER });
    const reset = await updateUser(room, "alice", {
      phone: ANOTHER_NUMBER,
      password: { kind: "generated" },
    });
    const events = JSON.stringify(await room.storage.audit.list({ limit: 10 }));
    for (const secret of [password, reset.password, A_NUMBER, ANOTHER_NUMBER, "$argon2id"]) {
      assert.ok(secret && !events.includes(secret));
    }
  });

  it("lists by id, page by page", async () => {
    for (const username of ["a", "b", "c"]) await addUser(room, { username });
    const all = (await listUsers(room, { limit: 10 })).map(({ id }) => id);
    assert.deepEqual(all, all.toSorted());
    const rest = await listUsers(room, { limit: 10, after: all[0] });
    assert.deepEqual(
      rest.map(({ id }) => id),
      all.slice(1),
    );
    await refusal(listUsers(room, { limit: 0 }), "usage");
    await refusal(listUsers(room, { limit: 1001 }), "usage");
  });

  it("gives a user that is removed and made again another id", async () => {
    const { id } = await addUser(room, { username: "alice" });
    await removeUser(room, "alice");
    await refusal(showUser(room, id), "not-found");
    assert.notEqual((await addUser(room, { username: "alice" })).id, id);
  });

  describe("changing one", () => {
    it("logs before and after of what changed alone", async () => {
      await addUser(room, { username: "alice", email: "a@example.com", emailVerified: true });
      await updateUser(room, "alice", { email: "b@example.com", name: "Alice" });
      assert.deepEqual((await room.lastEvent()).details, {
        before: { email: "a@example.com", emailVerified: true, name: null },
        after: { email: "b@example.com", emailVerified: false, name: "Alice" },
      });
    });

    it("refuses to take the last login name away, or another user's", async () => {
      await addUser(room, { username: "alice" });
      await addUser(room, { username: "bob" });
      await refusal(updateUser(room, "alice", { username: null }), "usage");
      await refusal(updateUser(room, "alice", { username: "Bob" }), "conflict");
      await refusal(updateUser(room, "nobody", { name: "x" }), "not-found");
    });

    const ENDS: { it: string; change: Parameters<typeof updateUser>[2]; ends: boolean }[] = [
      { it: "a name", change: { name: "Alice" }, ends: false },
      { it: "an address", change: { email: "a@example.com" }, ends: false },
      { it: "the same number", change: { phone: A_NUMBER }, ends: false },
      { it: "another number", change: { phone: ANOTHER_NUMBER }, ends: true },
      { it: "no number", change: { phone: null }, ends: true },
      { it: "a new password", change: { password: { kind: "generated" } }, ends: true },
      { it: "disabling", change: { status: "disabled" }, ends: true },
    ];
    for (const c of ENDS) {
      it(`${c.ends ? "ends" : "keeps"} sessions with ${c.it}`, async () => {
        const { id } = await addUser(room, { username: "alice", phone: A_NUMBER });
        const before = await stored(id);
        room.pass(60);
        await updateUser(room, id, c.change);
        const after = await stored(id);
        const expected = c.ends ? room.now() : before.credentialsChangedAt;
        assert.equal(after.credentialsChangedAt, expected);
      });
    }

    it("never takes the end of sessions back when the clock was", async () => {
      const { id } = await addUser(room, { username: "alice" });
      const { credentialsChangedAt } = await stored(id);
      for (const [i, seconds] of [-60, 0].entries()) {
        room.pass(seconds);
        await updateUser(room, id, { password: { kind: "generated" } });
        assert.equal((await stored(id)).credentialsChangedAt, credentialsChangedAt + i + 1);
      }
    });

    it("keeps sessions when a first number comes", async () => {
      const { id } = await addUser(room, { username: "alice" });
      const { credentialsChangedAt } = await stored(id);
      room.pass(60);
      await updateUser(room, id, { phone: A_NUMBER });
      assert.equal((await stored(id)).credentialsChangedAt, credentialsChangedAt);
    });

    it("works twice in the same millisecond", async () => {
      await addUser(room, { username: "alice" });
      await updateUser(room, "alice", { name: "One" });
      await updateUser(room, "alice", { name: "Two" });
      assert.equal((await showUser(room, "alice")).name, "Two");
    });

    it("replaces the password, generated or given", async () => {
      const { id } = await addUser(room, { username: "alice" });
      const { password } = await updateUser(room, id, { password: { kind: "generated" } });
      const verify = async (typed: string) =>
        (await room.hasher.verify((await stored(id)).passwordHash, typed)).matches;
      assert.ok(await verify(password ?? ""));
      const typed = "another password of mine";
      await updateUser(room, id, { password: { kind: "given", password: typed } });
      assert.ok(await verify(typed));
    });

    it("puts a second factor back that was off", async () => {
      const { id } = await addUser(room, { username: "alice" });
      const user = await stored(id);
      await room.storage.users.remove(id, await room.lastEvent());
      const off = { inARow: room.limits.attemptsInARowUntilOff, lockedUntil: null };
      await room.storage.users.create({ ...user, factorAttempts: off }, await room.lastEvent());
      assert.equal((await showUser(room, id)).secondFactor.state, "off");
      const { secondFactor } = await updateUser(room, id, { unlockSecondFactor: true });
      assert.deepEqual(secondFactor, { state: "usable", attemptsInARow: 0, lockedUntil: null });
      const event = await room.lastEvent();
      assert.equal(event.action, "user-second-factor-unlocked");
      assert.deepEqual(event.details, { before: off });
    });
  });
});
