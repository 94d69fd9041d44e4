import assert from "node:assert/strict";
import {
  findLinkToken,
  isLinkDead,
  judgeLinkSend,
  type LinkOwner,
  linkBudgets,
  linkTokenFor,
  maskAddress,
} from "../../src/domain/binding-link.ts";
import { mailAddressOf } from "../../src/domain/mail-header.ts";
import { LIMITS, NOON } from "../support/builders.ts";

const KEY = Buffer.alloc(32, 1);
const address = (text: string) => mailAddressOf(text) ?? assert.fail(text);
const OWNER: LinkOwner = { uid: "i1", userId: "u1", address: address("a@b.example"), id: "l1" };

describe("the token of a link", () => {
  it("is 256 bits that stand in an address as they are", () => {
    assert.match(linkTokenFor(OWNER, KEY), /^[A-Za-z0-9_-]{43}$/);
    assert.equal(linkTokenFor(OWNER, KEY), linkTokenFor({ ...OWNER }, KEY));
  });

  const others: [it: string, other: Partial<LinkOwner>][] = [
    ["interaction", { uid: "i2" }],
    ["user", { userId: "u2" }],
    ["address", { address: address("b@b.example") }],
    ["link", { id: "l2" }],
    ["interaction and user that read the same in a row", { uid: "i1u", userId: "1" }],
  ];
  for (const [what, other] of others) {
    it(`is another one for another ${what}`, () => {
      assert.notEqual(linkTokenFor({ ...OWNER, ...other }, KEY), linkTokenFor(OWNER, KEY));
    });
  }

  it("is found under the key that the link remembers, and lost with it", () => {
    const keys = [
      { id: "new", key: Buffer.alloc(32, 2) },
      { id: "old", key: KEY },
    ];
    assert.equal(findLinkToken(OWNER, "old", keys), linkTokenFor(OWNER, KEY));
    assert.equal(findLinkToken(OWNER, "older", keys), null);
  });
});

describe("judgeLinkSend", () => {
  const limits = { ...LIMITS, mailedLinkGapSeconds: 60, mailedLinksPerInteraction: 3 };
  const cases: [it: string, sends: number, secondsAgo: number | null, expected: unknown][] = [
    ["lets the first mail out", 0, null, { outcome: "allowed" }],
    ["lets the second out when the gap is over", 1, 60, { outcome: "allowed" }],
    ["refuses it a second before", 1, 59, refused("link-gap", 1)],
    ["lets the third out after twice the gap", 2, 120, { outcome: "allowed" }],
    ["refuses it a second before", 2, 119, refused("link-gap", 1)],
    ["refuses the fourth for good", 3, 9999, refused("link-interaction-cap", null)],
  ];
  for (const [name, sends, ago, expected] of cases) {
    it(name, () => {
      const lastSentAt = ago === null ? null : NOON - ago * 1000;
      assert.deepEqual(judgeLinkSend({ sends, lastSentAt, attempts: 4 }, NOON, limits), expected);
    });
  }

  it("refuses to mail a link of which too many wrong tokens were tried", () => {
    const dead = { sends: 1, lastSentAt: null, attempts: 5 };
    assert.deepEqual(judgeLinkSend(dead, NOON, limits), refused("link-interaction-cap", null));
  });

  it("knows no gap where there is none", () => {
    const none = { ...limits, mailedLinkGapSeconds: 0 };
    const link = { sends: 1, lastSentAt: NOON, attempts: 0 };
    assert.equal(judgeLinkSend(link, NOON, none).outcome, "allowed");
    assert.deepEqual(
      linkBudgets("u1", none).map(({ because }) => because),
      ["link-user-cap"],
    );
  });
});

function refused(because: string, seconds: number | null) {
  const retryAt = seconds === null ? null : NOON + seconds * 1000;
  return { outcome: "link-refused", because, retryAt };
}

describe("isLinkDead", () => {
  it("is true from the last wrong token on", () => {
    const limits = { ...LIMITS, mailedLinkAttemptsPerInteraction: 5 };
    assert.equal(isLinkDead({ attempts: 4 }, limits), false);
    assert.equal(isLinkDead({ attempts: 5 }, limits), true);
  });
});

describe("maskAddress", () => {
  for (const [given, masked] of [
    ["alice@mail.example.com", "a•••@m•••.com"],
    ["a@b.example", "a•••@b•••.example"],
    ["ünal@köln.example", "ü•••@k•••.example"],
    ["root@localhost", "r•••@l•••"],
  ] as const) {
    it(`shows ${given} as ${masked}`, () => assert.equal(maskAddress(given), masked));
  }
});
