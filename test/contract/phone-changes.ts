import assert from "node:assert/strict";
import { BY_ADMINISTRATOR } from "../../src/domain/enrolment.ts";
import type { User } from "../../src/domain/user.ts";
import type { InteractionMove } from "../../src/ports/interactions.ts";
import {
  A_NUMBER,
  aChallenge,
  aNoticeText,
  anAuditEvent,
  anInteractionState,
  aUser,
  NOON,
} from "../support/builders.ts";
import { type OpenEmpty, openedForEach, race, tally } from "./opened-storage.ts";

const END = NOON + 900_000;
const AT = NOON + 5000;
const NEW_NUMBER = "+14155552672";
const OLD = {
  number: A_NUMBER,
  status: "bound",
  since: NOON,
  enrolment: BY_ADMINISTRATOR,
} as const;
const DIGESTS = { digests: ["one", "two"], issuedAt: NOON } as const;
const ALICE = aUser({ phone: OLD, recoveryCodes: DIGESTS });

type CodeProved = NonNullable<InteractionMove["effects"]["codeProved"]>;

// The right answer to the challenge of the new number.
function aChange(uid: string, given: Partial<CodeProved> = {}): InteractionMove {
  return {
    uid,
    now: AT,
    from: { challengeId: "challenge-1" },
    to: anInteractionState({ step: "done", challenge: null }),
    resetAttempts: false,
    effects: {
      codeProved: {
        userId: "u1",
        number: NEW_NUMBER,
        bind: true,
        usersPerBoundPhone: 2,
        credentialsChangedAt: NOON,
        replaces: { number: A_NUMBER, at: AT },
        ...given,
      },
      audit: [anAuditEvent({ action: `changed-${uid}` })],
      mails: [aNoticeText({ id: `text-${uid}` })],
    },
  };
}

export function phoneChangesContract(openEmpty: OpenEmpty): void {
  describe("InteractionStore contract: a phone that another one takes the place of", () => {
    const storage = openedForEach(openEmpty);
    const alice = () => storage().users.find("u1");
    const change = (uid: string, given: Partial<CodeProved> = {}) =>
      storage().interactions.move(aChange(uid, given));

    // Users, and interactions that wait for the code of the new number.
    async function begin(user: User, uids: readonly string[] = ["i1"]): Promise<void> {
      await storage().users.create(user, anAuditEvent());
      for (const uid of uids) await wait(uid);
    }

    async function wait(uid: string): Promise<void> {
      const challenge = aChallenge({ phone: NEW_NUMBER });
      await storage().interactions.save(uid, { returnTo: "https://op.example/" }, END);
      await storage().interactions.move({
        uid,
        now: NOON,
        from: { version: 0 },
        to: anInteractionState({ challenge, binding: true }),
        resetAttempts: true,
        effects: {},
      });
    }

    async function changes(): Promise<string[]> {
      const events = await storage().audit.list({ limit: 100 });
      return events.map(({ action }) => action).filter((action) => action.startsWith("changed-"));
    }

    async function assertNothingMoved(before: User): Promise<void> {
      assert.equal((await storage().interactions.find("i1", AT))?.version, 1);
      assert.deepEqual(await changes(), []);
      assert.equal(await storage().mails.claimText(END, 60), null);
      assert.deepEqual(await alice(), before);
    }

    it("is replaced, what is older is dead, and what tells of it is queued", async () => {
      await begin(ALICE);
      assert.equal((await change("i1")).outcome, "moved");
      const user = await alice();
      const enrolment = { ...BY_ADMINISTRATOR, by: "user" };
      assert.deepEqual(user?.phone, { number: NEW_NUMBER, status: "bound", since: AT, enrolment });
      assert.equal(user?.credentialsChangedAt, AT);
      assert.equal(user?.recoveryCodes ?? null, null);
      assert.ok(user && user.updatedAt > NOON);
      const counts = [A_NUMBER, NEW_NUMBER].map((number) => storage().users.countByPhone(number));
      assert.deepEqual(await Promise.all(counts), [0, 1]);
      assert.deepEqual(await changes(), ["changed-i1"]);
      assert.equal((await storage().mails.claimText(END, 60))?.text.id, "text-i1");
    });

    it("is replaced whether its owner has shown it to be theirs meanwhile or not", async () => {
      await begin(aUser({ phone: { ...OLD, status: "assigned" } }));
      assert.equal((await change("i1")).outcome, "moved");
      assert.equal((await alice())?.phone?.number, NEW_NUMBER);
    });

    it("is replaced by one that is assigned, when the code was that of a test number", async () => {
      await begin(ALICE);
      assert.equal((await change("i1", { fixedCode: true })).outcome, "moved");
      assert.deepEqual((await alice())?.phone, {
        number: NEW_NUMBER,
        status: "assigned",
        since: AT,
        enrolment: { ...BY_ADMINISTRATOR, by: "user" },
      });
    });

    const unfit = [
      { it: "is another one by now", user: { phone: { ...OLD, number: "+14155552673" } } },
      { it: "was taken away", user: { phone: null } },
      { it: "is somebody's who is disabled", user: { status: "disabled" as const } },
      { it: "is somebody's whose password was reset", user: { credentialsChangedAt: NOON + 1 } },
    ];
    for (const each of unfit) {
      it(`is not replaced when it ${each.it}, and nothing moves`, async () => {
        const before = { ...ALICE, ...each.user };
        await begin(before);
        assert.deepEqual(await change("i1"), { outcome: "user-changed" });
        await assertNothingMoved(before);
      });
    }

    it("is not replaced by one that too many others have, and may be by another one after that", async () => {
      await begin(ALICE);
      for (const id of ["u2", "u3"]) {
        const phone = { ...OLD, number: NEW_NUMBER };
        await storage().users.create(aUser({ id, phone }), anAuditEvent());
      }
      assert.deepEqual(await change("i1"), { outcome: "number-shared-too-often" });
      await assertNothingMoved(ALICE);
      assert.equal((await change("i1", { number: "+14155552673" })).outcome, "moved");
    });

    it("is replaced once by a code that twenty give at once", async () => {
      await begin(ALICE);
      const outcomes = await race(20, () => change("i1"));
      assert.equal(tally(outcomes.map(({ outcome }) => outcome)).moved, 1);
      assert.deepEqual(await changes(), ["changed-i1"]);
      assert.equal((await storage().interactions.find("i1", AT))?.version, 2);
    });

    it("is replaced once, from however many interactions at once, and only that one is told of", async () => {
      const uids = Array.from({ length: 10 }, (_, i) => `i${i}`);
      await begin(ALICE, uids);
      const numberOf = (i: number) => `+1415555310${i}`;
      const outcomes = await race(uids.length, (i) => change(`i${i}`, { number: numberOf(i) }));
      const tallied = tally(outcomes.map(({ outcome }) => outcome));
      assert.deepEqual(tallied, { moved: 1, "user-changed": 9 });
      const winner = outcomes.findIndex(({ outcome }) => outcome === "moved");
      assert.equal((await alice())?.phone?.number, numberOf(winner));
      assert.deepEqual(await changes(), [`changed-i${winner}`]);
      assert.equal((await storage().mails.claimText(END, 60))?.text.id, `text-i${winner}`);
      assert.equal(await storage().mails.claimText(END, 60), null);
    });

    it("may be replaced again, by who has proved the one that took its place", async () => {
      await begin(ALICE, ["i1", "i2"]);
      await change("i1");
      const again = {
        number: A_NUMBER,
        credentialsChangedAt: AT,
        replaces: { number: NEW_NUMBER, at: AT + 1 },
      };
      assert.equal((await change("i2", again)).outcome, "moved");
      assert.equal((await alice())?.phone?.number, A_NUMBER);
    });
  });
}
