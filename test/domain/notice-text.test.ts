import assert from "node:assert/strict";
import { textsAboutPhone } from "../../src/domain/notice-text.ts";
import type { UserPhone } from "../../src/domain/user.ts";
import { A_NUMBER, aUser, NOON } from "../support/builders.ts";

const GIVEN = { id: "t1", language: "de", at: NOON };
const ASSIGNED: UserPhone = { number: A_NUMBER, status: "assigned", since: NOON };
const BOUND: UserPhone = { ...ASSIGNED, status: "bound" };
const ANOTHER: UserPhone = { ...ASSIGNED, number: "+442071838750" };

describe("textsAboutPhone", () => {
  const cases: [
    it: string,
    before: UserPhone | null,
    after: UserPhone | null,
    kind: "phone-changed" | "phone-removed" | null,
  ][] = [
    ["tells a bound number that another one is there", BOUND, ANOTHER, "phone-changed"],
    [
      "tells it so also of another bound one",
      BOUND,
      { ...ANOTHER, status: "bound" },
      "phone-changed",
    ],
    ["tells a bound number that it was removed", BOUND, null, "phone-removed"],
    ["tells nothing to one that stays", BOUND, { ...BOUND, since: NOON + 1 }, null],
    ["tells nothing to one that stays and has to be bound anew", BOUND, ASSIGNED, null],
    ["tells nothing to one that was never bound and is replaced", ASSIGNED, ANOTHER, null],
    ["tells nothing to one that was never bound and is removed", ASSIGNED, null, null],
    ["tells nothing to one that is bound now", ASSIGNED, BOUND, null],
    ["tells nothing to the first one", null, BOUND, null],
    ["tells nothing without any", null, null, null],
  ];
  for (const [name, before, after, kind] of cases) {
    it(name, () => {
      const texts = textsAboutPhone(aUser({ phone: before }), after, GIVEN);
      const text = { channel: "sms", ...GIVEN, userId: "u1", to: A_NUMBER, notice: { kind } };
      assert.deepEqual(texts, kind === null ? [] : [text]);
    });
  }
});
