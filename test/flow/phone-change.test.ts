// What still counts of the old number while another one is on its way.
import assert from "node:assert/strict";
import { isStillProved } from "../../src/flow/phone-change.ts";
import type { SignIn } from "../../src/flow/sign-in.ts";
import { A_NUMBER, anInteractionState, aUser, NOON } from "../support/builders.ts";

const SIGN_IN = { request: { kind: "sign-in", session: null } } as unknown as SignIn;
const STEP_UP = { request: { kind: "step-up", session: null } } as unknown as SignIn;
const USER = aUser({ phone: { number: A_NUMBER, status: "bound", since: NOON } });
const STATE = anInteractionState({ replaces: A_NUMBER, proved: { pwd: NOON, sms: NOON } });

describe("the old number in a change of phone", () => {
  it("counts while it is the user's, and its code was typed in this sign-in", () => {
    assert.equal(isStillProved(SIGN_IN, STATE, USER), true);
  });

  const cases: [it: string, signIn: SignIn, state: Partial<typeof STATE>, user: object][] = [
    ["the user has another one", SIGN_IN, {}, { phone: { ...USER.phone, number: "+14155552672" } }],
    ["it was taken away", SIGN_IN, {}, { phone: null }],
    ["no code was typed", SIGN_IN, { proved: { pwd: NOON, sms: null } }, {}],
    ["the credentials have changed since", SIGN_IN, {}, { credentialsChangedAt: NOON + 1 }],
    ["nothing is being replaced", SIGN_IN, { replaces: null }, {}],
    ["only the second step was asked for", STEP_UP, {}, {}],
  ];
  for (const [name, signIn, state, user] of cases) {
    it(`does not count when ${name}`, () => {
      assert.equal(isStillProved(signIn, { ...STATE, ...state }, { ...USER, ...user }), false);
    });
  }
});
