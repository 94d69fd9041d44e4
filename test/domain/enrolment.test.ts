import assert from "node:assert/strict";
import {
  acceptsEnrolment,
  BY_ADMINISTRATOR,
  type Enrolment,
  phoneAfterCode,
} from "../../src/domain/enrolment.ts";
import { A_NUMBER, aUser, NOON } from "../support/builders.ts";

const DAY_SECONDS = 86_400;
const BY_USER: Enrolment = {
  by: "user",
  firstBy: "user",
  linkOpened: false,
  accountAgeSeconds: 14 * DAY_SECONDS + 1,
};
const OPENED: Enrolment = { ...BY_USER, linkOpened: true };
const EARLY: Enrolment = { ...BY_USER, accountAgeSeconds: 14 * DAY_SECONDS };
const REPLACED: Enrolment = { ...BY_USER, firstBy: "administrator" };

describe("acceptsEnrolment", () => {
  const all = { none: null, BY_USER, EARLY, OPENED, REPLACED, BY_ADMINISTRATOR };
  const accepted: { rule: Parameters<typeof acceptsEnrolment>[0]; names: string[] }[] = [
    { rule: { binding: "anybody" }, names: Object.keys(all) },
    { rule: { binding: "mailed-link" }, names: ["OPENED", "REPLACED", "BY_ADMINISTRATOR"] },
    {
      rule: { binding: "within-days", bindingDaysMax: 14 },
      names: ["EARLY", "REPLACED", "BY_ADMINISTRATOR"],
    },
    { rule: { binding: "within-days", bindingDaysMax: null }, names: ["BY_ADMINISTRATOR"] },
    { rule: { binding: "administrator" }, names: ["BY_ADMINISTRATOR"] },
    { rule: {}, names: ["BY_ADMINISTRATOR"] },
  ];
  for (const { rule, names } of accepted) {
    it(`accepts ${names.join(", ")} under ${JSON.stringify(rule)}, and nothing else`, () => {
      for (const [name, enrolment] of Object.entries(all)) {
        assert.equal(acceptsEnrolment(rule, enrolment), names.includes(name), name);
      }
    });
  }

  it("takes what nobody knows for nothing", () => {
    const unknown = { ...BY_USER, accountAgeSeconds: null };
    assert.equal(acceptsEnrolment({ binding: "within-days", bindingDaysMax: 14 }, unknown), false);
    assert.equal(acceptsEnrolment({ binding: "mailed-link" }, undefined), false);
  });
});

describe("phoneAfterCode", () => {
  const now = NOON + 60_000;
  const phone = { number: A_NUMBER, status: "assigned", since: NOON } as const;
  const proof = { number: A_NUMBER };

  it("writes down the age of the account, and whether a link was opened, of a first phone", () => {
    assert.deepEqual(phoneAfterCode(aUser(), { ...proof, linkOpened: true }, now), {
      ...{ number: A_NUMBER, status: "bound", since: now },
      enrolment: { ...BY_USER, linkOpened: true, accountAgeSeconds: 60 },
    });
  });

  it("leaves an administrator's number theirs when its first code binds it", () => {
    const user = aUser({ phone: { ...phone, enrolment: BY_ADMINISTRATOR } });
    const after = phoneAfterCode(user, proof, now);
    assert.deepEqual([after.status, after.enrolment], ["bound", BY_ADMINISTRATOR]);
  });

  it("makes no administrator of a fixed code", () => {
    const after = phoneAfterCode(aUser(), { ...proof, fixedCode: true }, now);
    assert.deepEqual([after.status, after.enrolment?.by], ["assigned", "user"]);
  });

  it("changes nothing about a phone that is bound, or whose code was a fixed one", () => {
    const bound = { ...phone, status: "bound", enrolment: OPENED } as const;
    assert.equal(phoneAfterCode(aUser({ phone: bound }), proof, now), bound);
    assert.equal(phoneAfterCode(aUser({ phone }), { ...proof, fixedCode: true }, now), phone);
  });

  for (const [name, before, expected] of [
    ["the administrator's as where the row began", BY_ADMINISTRATOR, "administrator"],
    ["the user's", OPENED, "user"],
  ] as const) {
    it(`makes a number that replaces another the user's, and keeps ${name}`, () => {
      const user = aUser({ phone: { ...phone, enrolment: before } });
      const after = phoneAfterCode(user, { number: "+14155552672", replaces: {} }, now);
      assert.deepEqual(after.enrolment, { ...before, by: "user", firstBy: expected });
    });
  }

  it("knows no more of a number than of the one that it replaces", () => {
    const after = phoneAfterCode(aUser({ phone }), { ...proof, replaces: {} }, now);
    assert.deepEqual(after.enrolment, { ...BY_USER, accountAgeSeconds: null });
  });
});
