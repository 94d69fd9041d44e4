import assert from "node:assert/strict";
import { linkTokenFor } from "../../src/domain/binding-link.ts";
import { type MailAddress, mailAddressOf } from "../../src/domain/mail-header.ts";
import {
  findRecoveryToken,
  flagAfterPhoneChange,
  flagAfterRecovery,
  judgeRequest,
  openRecovery,
  phoneChangeBarredUntil,
  type RecoveryPolicy,
  reachForRecovery,
  recoveredUser,
  recoveryFor,
} from "../../src/domain/recovery.ts";
import type { User } from "../../src/domain/user.ts";
import { A_NUMBER, aUser, LIMITS, NOON } from "../support/builders.ts";

const ADDRESS = mailAddressOf("alice@example.com") as MailAddress;
const LIFE = LIMITS.recoveryLinkLifeSeconds * 1000;
const DAY = 86_400_000;
const REQUEST = { linkId: "l1", at: NOON };
const KEYS = [
  { id: "new", key: Buffer.alloc(32, 2) },
  { id: "old", key: Buffer.alloc(32, 1) },
];

const account = (given: Partial<User> = {}) =>
  aUser({ email: ADDRESS, emailVerified: true, passwordHash: "$old", ...given });
const RECOVERY = recoveryFor(REQUEST, account(), { address: ADDRESS, keyId: "old" }, LIMITS);
const withLink = (given: Partial<User> = {}) => account({ recovery: RECOVERY, ...given });

describe("who may be sent a link to recover an account", () => {
  const cases: { it: string; given: Partial<User>; policy: RecoveryPolicy; expect: string }[] = [
    { it: "is whose address is verified", given: {}, policy: "verified", expect: "reachable" },
    {
      it: "is nobody whose address is not",
      given: { emailVerified: false },
      policy: "verified",
      expect: "no-verified-address",
    },
    {
      it: "is whose address nobody has verified, where the policy takes any",
      given: { emailVerified: false },
      policy: "any",
      expect: "reachable",
    },
    { it: "is nobody without one", given: { email: null }, policy: "any", expect: "no-address" },
    { it: "is nobody where it is off", given: {}, policy: "off", expect: "recovery-off" },
    {
      it: "is nobody who is disabled",
      given: { status: "disabled" },
      policy: "any",
      expect: "disabled",
    },
    {
      it: "is nobody who signs in without a password",
      given: { passwordHash: null },
      policy: "any",
      expect: "no-password",
    },
  ];
  for (const c of cases) {
    it(c.it, () => {
      const reach = reachForRecovery(account(c.given), c.policy);
      assert.equal(reach.outcome === "refused" ? reach.because : reach.outcome, c.expect);
    });
  }
});

describe("a request for a link to recover an account", () => {
  const judge = (user: User, now = NOON) => {
    const reach = judgeRequest(user, REQUEST, { now, policy: "verified", limits: LIMITS });
    return reach.outcome === "refused" ? reach.because : reach.outcome;
  };
  const other = (requestedAt: number) =>
    account({ recovery: { ...RECOVERY, id: "l2", requestedAt } });

  it("has its link until the link would be over", () => {
    assert.equal(judge(account(), NOON + LIFE - 1), "reachable");
    assert.equal(judge(account(), NOON + LIFE), "link-over");
  });

  it("replaces an older one, and is dropped once there is a newer one (REC-04)", () => {
    assert.equal(judge(other(NOON - 1)), "reachable");
    assert.equal(judge(other(NOON)), "reachable");
    assert.equal(judge(other(NOON + 1)), "newer-request");
  });

  it("may be taken twice", () => {
    assert.equal(judge(withLink()), "reachable");
  });

  it("is dropped once the password was replaced after it, or its own link would work again (REC-03)", () => {
    assert.equal(judge(account({ recoveredAt: NOON - 1 })), "reachable");
    assert.equal(judge(account({ recoveredAt: NOON })), "link-over");
    assert.equal(judge(account({ recoveredAt: NOON + 1 })), "link-over");
  });
});

describe("a link to recover an account", () => {
  const cases: { it: string; user: User; id?: string; now?: number; open: boolean }[] = [
    { it: "is open", user: withLink(), open: true },
    { it: "is open a moment before its end", user: withLink(), now: NOON + LIFE - 1, open: true },
    { it: "is over at its end", user: withLink(), now: NOON + LIFE, open: false },
    { it: "is over when there is none", user: account(), open: false },
    { it: "is over when there is another one (REC-04)", user: withLink(), id: "l0", open: false },
    {
      it: "is over once the credentials were changed otherwise (REC-04)",
      user: withLink({ credentialsChangedAt: NOON + 1 }),
      open: false,
    },
    {
      it: "is over once the address is another one",
      user: withLink({ email: "al@example.com" }),
      open: false,
    },
    {
      it: "is over once the address is not verified any more",
      user: withLink({ emailVerified: false }),
      open: false,
    },
    {
      it: "is over once the user is disabled",
      user: withLink({ status: "disabled" }),
      open: false,
    },
  ];
  for (const c of cases) {
    it(c.it, () => {
      const given = { now: c.now ?? NOON, policy: "verified" } as const;
      assert.equal(openRecovery(c.user, c.id ?? "l1", given) !== null, c.open);
    });
  }

  it("has a token of 256 bits that is its user's, its address's and its own (REC-03, REC-04)", () => {
    const owner = { userId: "u1", address: ADDRESS, id: "l1" };
    const token = findRecoveryToken(owner, "old", KEYS);
    assert.equal(Buffer.from(token ?? "", "base64url").length, 32);
    const others = [
      findRecoveryToken({ ...owner, userId: "u2" }, "old", KEYS),
      findRecoveryToken({ ...owner, id: "l2" }, "old", KEYS),
      findRecoveryToken(
        { ...owner, address: mailAddressOf("b@b.example") as MailAddress },
        "old",
        KEYS,
      ),
      findRecoveryToken(owner, "new", KEYS),
      // Of the other mailed link, under the same key.
      linkTokenFor({ uid: "recovery", ...owner }, KEYS[1]?.key ?? Buffer.alloc(0)),
    ];
    assert.equal(new Set([token, ...others]).size, 6);
    assert.equal(findRecoveryToken(owner, "gone", KEYS), null);
  });
});

describe("an account that was recovered", () => {
  const phone = { number: A_NUMBER, status: "bound", since: NOON } as const;
  const recoveryCodes = { issuedAt: NOON, digests: ["d"] };

  it("has another password, no link, and nothing that is older (REC-05)", () => {
    const before = withLink({ phone, recoveryCodes });
    const after = recoveredUser(before, "$new", NOON + 5000);
    assert.deepEqual(after, {
      ...before,
      passwordHash: "$new",
      recovery: null,
      recoveredAt: NOON + 5000,
      credentialsChangedAt: NOON + 5000,
      updatedAt: NOON + 5000,
    });
  });

  it("keeps the phone and loses what others could have prepared, if nobody had verified the address (BIND-14)", () => {
    const before = withLink({ emailVerified: false, phone, recoveryCodes });
    const after = recoveredUser(before, "$new", NOON + 5000);
    assert.deepEqual(after.phone, phone);
    assert.equal(after.emailVerified, true);
    assert.equal(after.recoveryCodes, null);
  });

  it("is changed later than ever, whatever the clock says", () => {
    const after = recoveredUser(withLink(), "$new", NOON - 1);
    assert.ok(after.credentialsChangedAt > NOON && after.updatedAt > NOON);
  });
});

describe("the time after a recovery (BIND-15)", () => {
  const cases: { at: number; until: number | null; flag: object }[] = [
    { at: NOON, until: NOON + DAY, flag: { secondsAfterRecovery: 0 } },
    { at: NOON + DAY - 1, until: NOON + DAY, flag: { secondsAfterRecovery: 86_399 } },
    { at: NOON + DAY, until: null, flag: {} },
  ];
  for (const { at, until, flag } of cases) {
    it(`${until === null ? "lets" : "does not let"} a phone be changed after ${(at - NOON) / 1000} s`, () => {
      const user = account({ recoveredAt: NOON });
      assert.equal(phoneChangeBarredUntil(user, at, LIMITS), until);
      assert.deepEqual(flagAfterRecovery(user, at, LIMITS), flag);
    });
  }

  it("never began for who was never recovered", () => {
    assert.equal(phoneChangeBarredUntil(account(), NOON, LIMITS), null);
    assert.equal(phoneChangeBarredUntil(account({ recoveredAt: null }), NOON, LIMITS), null);
    assert.deepEqual(flagAfterRecovery(account(), NOON, LIMITS), {});
  });

  it("is counted from a change of the phone as well", () => {
    const user = account({ phone: { number: A_NUMBER, status: "bound", since: NOON } });
    const flag = (at: number) => flagAfterPhoneChange(user, at, LIMITS);
    assert.deepEqual(flag(NOON + DAY - 1), { secondsAfterPhoneChange: 86_399 });
    assert.deepEqual(flag(NOON + DAY), {});
    assert.deepEqual(flagAfterPhoneChange(account(), NOON, LIMITS), {});
  });
});
