import assert from "node:assert/strict";
import {
  codeOfListing,
  generateTestCode,
  isLive,
  isOfListing,
  parseTestNumberEnd,
  type TestNumberEnd,
} from "../../src/domain/test-number.ts";
import { aTestNumber, NOON } from "../support/builders.ts";

const DAY = 86_400_000;

describe("a test number", () => {
  it("lives until its end, and not at it", () => {
    const listed = aTestNumber();
    assert.equal(isLive(listed, listed.until - 1), true);
    assert.equal(isLive(listed, listed.until), false);
  });

  it("answers a challenge that was opened under this very listing, while it lives", () => {
    const listed = aTestNumber();
    const mark = { id: listed.id, name: listed.name };
    assert.equal(codeOfListing(mark, listed, listed.until - 1), listed.code);
    assert.equal(codeOfListing(mark, listed, listed.until), null);
    assert.equal(codeOfListing(mark, null, NOON), null);
    assert.equal(codeOfListing(mark, aTestNumber({ id: "anew" }), NOON), null);
  });

  it("tells a challenge of this listing from one of another, and from a real one", () => {
    const listed = aTestNumber();
    const mark = { id: listed.id, name: listed.name };
    assert.equal(isOfListing(mark, listed), true);
    assert.equal(isOfListing(mark, aTestNumber({ id: "anew" })), false);
    assert.equal(isOfListing(mark, null), false);
    for (const none of [null, undefined]) {
      assert.equal(isOfListing(none, listed), false);
      assert.equal(isOfListing(none, null), true);
    }
  });

  it("gets six digits, and not always the same", () => {
    const codes = new Set(Array.from({ length: 20 }, generateTestCode));
    for (const code of codes) assert.match(code, /^\d{6}$/);
    assert.ok(codes.size > 10);
  });

  // NOON is noon of 2026-11-24.
  const ends: [typed: string, TestNumberEnd][] = [
    ["2026-11-24", { outcome: "ok", until: Date.UTC(2026, 10, 25) - 1 }],
    ["2026-12-31", { outcome: "ok", until: Date.UTC(2027, 0, 1) - 1 }],
    ["2026-11-24T12:00:01Z", { outcome: "ok", until: NOON + 1000 }],
    ["2026-11-24T12:00:00Z", { outcome: "refused", because: "past" }],
    ["2026-11-23", { outcome: "refused", because: "past" }],
    ["2027-11-25", { outcome: "ok", until: NOON + 366.5 * DAY - 1 }],
    ["2027-11-26", { outcome: "refused", because: "too-far" }],
    ["2027-11-25T12:00:00Z", { outcome: "ok", until: NOON + 366 * DAY }],
    ["2027-11-25T12:00:01Z", { outcome: "refused", because: "too-far" }],
    ...["", "tomorrow", "2026-12", "2026-12-31 ", "31.12.2026", "2027-02-29", "2026-13-01"].map(
      (typed): [string, TestNumberEnd] => [typed, { outcome: "refused", because: "malformed" }],
    ),
    ["2026-12-31T12:00:00", { outcome: "refused", because: "malformed" }],
    ["2026-12-31T12:00:00+01:00", { outcome: "refused", because: "malformed" }],
    ["2026-12-31T25:00:00Z", { outcome: "refused", because: "malformed" }],
  ];
  for (const [typed, end] of ends) {
    it(`takes ${JSON.stringify(typed)} for an end: ${"because" in end ? end.because : end.outcome}`, () =>
      assert.deepEqual(parseTestNumberEnd(typed, NOON), end));
  }
});
