import assert from "node:assert/strict";
import {
  normalRecoveryCode,
  recoveryCodeDigest,
  recoveryCodeOf,
  recoveryCodesLeft,
  recoveryCodesOf,
  withoutRecoveryCode,
} from "../../src/domain/recovery-codes.ts";
import { aUser, NOON } from "../support/builders.ts";

const ONES = recoveryCodeOf(Buffer.alloc(15, 0xff));

describe("recoveryCodeOf", () => {
  it("writes 120 bits as six groups of four", () => {
    assert.equal(ONES, "ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ");
    assert.equal(recoveryCodeOf(Buffer.alloc(15)), "0000-0000-0000-0000-0000-0000");
    const bytes = Buffer.from("0123456789abcdef0123456789abcd", "hex");
    assert.equal(recoveryCodeOf(bytes), "04HM-ASW9-NF6Y-Y093-8NKR-KAYD");
  });

  it("refuses another number of bytes", () => {
    for (const bytes of [0, 14, 16]) {
      assert.throws(() => recoveryCodeOf(Buffer.alloc(bytes)), RangeError);
    }
  });
});

describe("normalRecoveryCode", () => {
  const CODE = "04HM-ASW9-NF6Y-Y093-8NKR-KAY1";
  const same: { it: string; typed: string }[] = [
    { it: "as it is written", typed: CODE },
    { it: "in small letters", typed: CODE.toLowerCase() },
    { it: "without hyphens", typed: CODE.replaceAll("-", "") },
    { it: "with spaces and a line's end", typed: ` ${CODE.replaceAll("-", " ")}\n` },
    { it: "with other hyphens", typed: CODE.replaceAll("-", "–") },
    { it: "with O for 0, and I or l for 1", typed: "O4HM-ASW9-NF6Y-Yo93-8NKR-KAYl" },
    { it: "in full width", typed: "０４ＨＭ-ASW9-NF6Y-Y093-8NKR-KAY１" },
  ];
  for (const { it: how, typed } of same) {
    it(`takes a code ${how}`, () => assert.equal(normalRecoveryCode(typed), CODE));
  }

  const none: { it: string; typed: string }[] = [
    { it: "nothing", typed: "" },
    { it: "a letter too few", typed: CODE.slice(0, -1) },
    { it: "a letter too many", typed: `${CODE}A` },
    { it: "a letter that there is not", typed: CODE.replace("H", "U") },
    { it: "a code by text", typed: "123456" },
    { it: "an endless one", typed: `${CODE}${" ".repeat(10_000)}` },
  ];
  for (const { it: what, typed } of none) {
    it(`takes ${what} for none`, () => assert.equal(normalRecoveryCode(typed), null));
  }
});

describe("a set of recovery codes", () => {
  const set = recoveryCodesOf([ONES, "A"], NOON);

  it("keeps no code, only what it can be told by", () => {
    assert.deepEqual(set, { issuedAt: NOON, digests: [ONES, "A"].map(recoveryCodeDigest) });
    assert.ok(!JSON.stringify(set).includes(ONES));
    assert.match(recoveryCodeDigest(ONES), /^[\w-]{43}$/);
  });

  it("loses the code that was used, and no other", () => {
    const digest = recoveryCodeDigest(ONES);
    const after = withoutRecoveryCode(set, digest);
    assert.deepEqual(after, { issuedAt: NOON, digests: [recoveryCodeDigest("A")] });
    assert.equal(withoutRecoveryCode(after, digest), null);
  });

  it("is empty for those who were never given any", () => {
    assert.equal(recoveryCodesLeft(aUser()), 0);
    assert.equal(recoveryCodesLeft(aUser({ recoveryCodes: null })), 0);
    assert.equal(recoveryCodesLeft(aUser({ recoveryCodes: set })), 2);
    assert.equal(withoutRecoveryCode(undefined, recoveryCodeDigest(ONES)), null);
  });
});
