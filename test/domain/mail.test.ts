import assert from "node:assert/strict";
import {
  mailRetryAt,
  mailsTo,
  type Notice,
  noticeOfPhone,
  noticeOfWrongCode,
} from "../../src/domain/mail.ts";
import { headerLineOf, mailAddressOf, mailboxOf } from "../../src/domain/mail-header.ts";
import type { FactorAttempts, UserPhone } from "../../src/domain/user.ts";
import { A_NUMBER, aUser, LIMITS, NOON } from "../support/builders.ts";

const ANOTHER_NUMBER = "+442071838750";
const MASKED = "+1 ••• ••• 71";
const ASSIGNED: UserPhone = { number: A_NUMBER, status: "assigned", since: NOON };
const BOUND: UserPhone = { ...ASSIGNED, status: "bound" };
const ANOTHER: UserPhone = { ...ASSIGNED, number: ANOTHER_NUMBER };

describe("noticeOfPhone", () => {
  const cases: [it: string, before: UserPhone | null, after: UserPhone | null, Notice | null][] = [
    ["has nothing to tell without a phone", null, null, null],
    ["has nothing to tell of a phone that stays", BOUND, { ...BOUND, since: NOON + 1 }, null],
    ["tells of one that was bound", null, BOUND, { kind: "phone-bound", phone: MASKED }],
    [
      "tells of an assigned one that was bound",
      ASSIGNED,
      BOUND,
      { kind: "phone-bound", phone: MASKED },
    ],
    ["tells of one that was assigned", null, ASSIGNED, { kind: "phone-assigned", phone: MASKED }],
    [
      "tells of one that replaced another",
      BOUND,
      ANOTHER,
      { kind: "phone-changed", phone: "+44 ••• ••• 50", before: MASKED },
    ],
    ["tells of one that was removed", BOUND, null, { kind: "phone-removed", phone: MASKED }],
  ];
  for (const [name, before, after, expected] of cases) {
    it(name, () => {
      const notice = noticeOfPhone(before, after);
      assert.deepEqual(notice, expected);
      assert.doesNotMatch(JSON.stringify(notice), /\d{3}/);
    });
  }
});

describe("noticeOfWrongCode", () => {
  const until = NOON + 900_000;
  const run = (inARow: number, lockedUntil: number | null = null): FactorAttempts => ({
    inARow,
    lockedUntil,
  });
  const cases: [it: string, attempts: FactorAttempts, Notice | null][] = [
    ["keeps quiet at the second", run(2), null],
    ["tells at the third", run(3), { kind: "codes-rejected", count: 3 }],
    ["keeps quiet at the fourth", run(4), null],
    ["keeps quiet before the lock", run(9), null],
    ["tells of the lock", run(10, until), { kind: "factor-locked", count: 10, until }],
    ["keeps quiet after it", run(13), null],
    ["tells of every lock", run(20, until), { kind: "factor-locked", count: 20, until }],
    [
      "tells of the last lock before the end",
      run(90, until),
      { kind: "factor-locked", count: 90, until },
    ],
    ["tells of the end", run(100, until), { kind: "factor-off", count: 100 }],
  ];
  for (const [name, attempts, expected] of cases) {
    it(name, () => assert.deepEqual(noticeOfWrongCode(attempts, LIMITS), expected));
  }
});

describe("mailsTo", () => {
  const notice = { kind: "new-device" } as const;
  const given = { id: "m1", language: "de", at: NOON };
  const alice = aUser({ email: "alice@example.com", emailVerified: true });

  it("writes to the verified address", () => {
    const mail = { channel: "mail", ...given, userId: "u1", to: "alice@example.com", notice };
    assert.deepEqual(mailsTo(alice, notice, given), [mail]);
  });

  const silent = [
    { it: "an address that nobody verified", user: { ...alice, emailVerified: false } },
    { it: "no address", user: { ...alice, email: null } },
    { it: "an address that is two", user: { ...alice, email: "a@b.example,c@d.example" } },
    { it: "an address with a line break", user: { ...alice, email: "a@b.example\r\nBcc: c@d.e" } },
  ];
  for (const each of silent) {
    it(`writes to ${each.it}`.replace("writes", "writes nothing"), () => {
      assert.deepEqual(mailsTo(each.user, notice, given), []);
    });
  }

  it("writes nothing when there is nothing to tell", () => {
    assert.deepEqual(mailsTo(alice, null, given), []);
  });
});

describe("mailRetryAt", () => {
  const cases: [attempts: number, seconds: number | null][] = [
    [1, 60],
    [2, 300],
    [3, 1800],
    [4, 7200],
    [5, 43_200],
    [6, null],
  ];
  for (const [attempts, seconds] of cases) {
    it(`waits ${seconds ?? "no more"} after failure ${attempts}`, () => {
      const expected = seconds === null ? null : NOON + seconds * 1000;
      assert.equal(mailRetryAt(attempts, NOON, LIMITS), expected);
    });
  }
});

describe("what stands in a header", () => {
  const NOT_ONE_ADDRESS = [
    ...["", "alice", "alice@", "@example.com", "a@b@c.example", "a b@example.com"],
    ...["a@example.com\n", "a@example.com\r\nBcc: b@example.com", "a@example.com\0"].map(
      (text) => `x${text}x`,
    ),
    ...["<a@example.com>,b@example.com", "a@example.com;b@example.com", '"a"@example.com'],
    ...["a@example.com\u2028Bcc: b@example.com", "a\u202e@example.com", "a@exam\u200bple.com"],
    ...["a(comment)@example.com", "a@[127.0.0.1]", "a@example.com，b@example.com"],
    `${"a".repeat(100_000)}@example.com`,
  ];
  for (const text of NOT_ONE_ADDRESS) {
    it(`is not the address ${JSON.stringify(text.slice(0, 40))}`, () => {
      const began = performance.now();
      assert.equal(mailAddressOf(text), null);
      assert.ok(performance.now() - began < 50);
    });
  }

  it("is an address of any script", () => {
    for (const text of ["alice@example.com", "ålice+tag@exämple.com", "用户@例子.测试"]) {
      assert.equal(mailAddressOf(text), text.normalize("NFKC"));
    }
  });

  it("is one line, whatever it was made of", () => {
    const line = headerLineOf(" one\r\nBcc: two\u2028three\u0085four\u202efive\0six\ud800 ");
    assert.equal(line, "one Bcc: two three four five six\ufffd");
    assert.equal(headerLineOf("x".repeat(1000)).length, 200);
  });

  it("is a mailbox with a name or without", () => {
    const address = "no-reply@example.com";
    assert.deepEqual(mailboxOf(address), { name: "", address });
    assert.deepEqual(mailboxOf(`Latchkey <${address}>`), { name: "Latchkey", address });
    assert.deepEqual(mailboxOf(`A\r\nBcc: x@y.example <${address}>`)?.name, "A Bcc: x@y.example");
    for (const text of ["", "Latchkey", `a <${address}> b`, `<${address}>,<b@c.example>`]) {
      assert.equal(mailboxOf(text), null, text);
    }
  });
});
