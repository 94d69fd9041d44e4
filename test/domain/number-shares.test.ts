// What may be sent to one number, by who asks: a user who has it, or somebody who has it sent texts (SMS-03, SMS-21).
import assert from "node:assert/strict";
import {
  type Asker,
  afterSend,
  afterSuccess,
  judgeSend,
  NO_SENDS,
  type NumberHistory,
  type SendVerdict,
} from "../../src/domain/send-policy.ts";
import { LIMITS, NOON } from "../support/builders.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const FRESH = { sends: 0, lastSentAt: null, expiresAt: NOON + 2 * DAY };
const DAY_MAX = LIMITS.sendsPerNumberPerDay;
const STRANGERS = 4;
const HOLDERS = 6;

function ask(history: NumberHistory, asker: Asker, now: number, limits = LIMITS): SendVerdict {
  return judgeSend(history, { asker, challenge: FRESH, limits }, now);
}

// So many texts an hour apart, the last one an hour before noon.
function sent(holders: number, others: number): NumberHistory {
  const hourly = (count: number) => ({
    sentAt: Array.from({ length: count }, (_, i) => NOON - (count - i) * HOUR),
    sinceSuccess: 0,
  });
  return { holders: hourly(holders), others: hourly(others) };
}

describe("the shares of a number's texts (SMS-03)", () => {
  it("are published: strangers have the smaller one", () => {
    assert.equal((DAY_MAX * LIMITS.strangerSendsPerNumberPercent) / 100, STRANGERS);
    assert.equal(DAY_MAX - STRANGERS, HOLDERS);
    assert.ok(STRANGERS < HOLDERS);
  });

  const cases: [asker: Asker, holders: number, others: number, expect: "allowed" | "refused"][] = [
    // What strangers leave is the holders', up to the day's cap.
    ["holder", 9, 0, "allowed"],
    ["holder", 10, 0, "refused"],
    ["holder", 6, 3, "allowed"],
    ["holder", 6, 4, "refused"],
    // Their own share is theirs, whatever others have used.
    ["holder", 5, 4, "allowed"],
    ["holder", 5, 10, "allowed"],
    ["holder", 6, 10, "refused"],
    ["stranger", 0, 3, "allowed"],
    ["stranger", 0, 4, "refused"],
    ["stranger", 9, 0, "allowed"],
    ["stranger", 10, 0, "refused"],
    ["stranger", 7, 3, "refused"],
    // A number that is nobody's.
    ["newcomer", 0, 9, "allowed"],
    ["newcomer", 0, 10, "refused"],
  ];
  for (const [asker, holders, others, expect] of cases) {
    it(`${expect} to a ${asker} after ${holders} by holders and ${others} by others`, () => {
      assert.equal(ask(sent(holders, others), asker, NOON).outcome, expect);
    });
  }

  it("name the instant at which there is room again", () => {
    for (const [asker, holders, others] of cases) {
      const history = sent(holders, others);
      const verdict = ask(history, asker, NOON);
      if (verdict.outcome === "allowed") continue;
      assert.equal(ask(history, asker, verdict.retryAt - 1).outcome, "refused");
      assert.equal(ask(history, asker, verdict.retryAt).outcome, "allowed");
    }
  });

  it("leave the day's cap as it is where it allows one text", () => {
    const one = { ...LIMITS, sendsPerNumberPerDay: 1 };
    for (const asker of ["holder", "stranger", "newcomer"] as const) {
      assert.equal(ask(NO_SENDS, asker, NOON, one).outcome, "allowed");
      assert.equal(ask(sent(1, 0), asker, NOON, one).outcome, "refused");
      assert.equal(ask(sent(0, 1), asker, NOON, one).outcome, "refused");
    }
  });
});

describe("the gaps of a number (SMS-21)", () => {
  it("are one for its holders and one for everybody else", () => {
    const byStranger = afterSend(NO_SENDS, "stranger", NOON);
    assert.equal(ask(byStranger, "holder", NOON + 1).outcome, "allowed");
    assert.equal(ask(byStranger, "newcomer", NOON + 1).outcome, "refused");
    const byHolder = afterSend(NO_SENDS, "holder", NOON);
    assert.equal(ask(byHolder, "stranger", NOON + 1).outcome, "allowed");
    assert.equal(ask(byHolder, "holder", NOON + MINUTE - 1).outcome, "refused");
  });

  it("end for those alone who typed the code", () => {
    const both = afterSend(afterSend(NO_SENDS, "stranger", NOON), "holder", NOON);
    assert.equal(ask(afterSuccess(both, "stranger"), "holder", NOON + 1).outcome, "refused");
    assert.equal(ask(afterSuccess(both, "holder"), "holder", NOON + 1).outcome, "allowed");
    assert.equal(ask(afterSuccess(both, "holder"), "stranger", NOON + 1).outcome, "refused");
  });
});

describe("a month of somebody who has a number sent texts every second minute, from as many accounts as it takes (SMS-21)", () => {
  // When its owner signs in, and whether the code is typed: as many times a day as are the owner's share.
  const visits = Array.from({ length: 30 * HOLDERS }, (_, i) => ({
    at:
      NOON +
      Math.floor(i / HOLDERS) * DAY +
      (i % HOLDERS) * 2 * HOUR +
      (((i % HOLDERS) * 7919) % 97) * 1000,
    typed: i % HOLDERS !== 3,
  }));

  function simulate(asker: "stranger" | "newcomer") {
    let history: NumberHistory = NO_SENDS;
    const all: number[] = [];
    const figures = { asked: 0, sentToStrangers: 0, heldBack: 0, most: 0 };
    const send = (by: Asker, now: number) => {
      if (ask(history, by, now).outcome === "refused") return false;
      history = afterSend(history, by, now);
      all.push(now);
      figures.most = Math.max(figures.most, all.filter((at) => at > now - DAY).length);
      return true;
    };
    const due = [...visits];
    for (let now = NOON; now < NOON + 30 * DAY; now += 2 * MINUTE) {
      for (let next = due[0]; next !== undefined && next.at <= now; next = due[0]) {
        due.shift();
        if (!send("holder", next.at)) figures.heldBack++;
        else if (next.typed) history = afterSuccess(history, "holder");
      }
      figures.asked++;
      if (send(asker, now)) figures.sentToStrangers++;
    }
    assert.equal(due.length, 0);
    return figures;
  }

  it("never holds a text of the owner back, and the number gets no more than its day's cap", () => {
    const { asked, sentToStrangers, heldBack, most } = simulate("stranger");
    assert.equal(asked, 21_600);
    assert.equal(heldBack, 0);
    assert.ok(sentToStrangers <= 30 * STRANGERS);
    assert.ok(most <= DAY_MAX);
  });

  it("never holds one back either after the number was nobody's, which is when the sum is largest", () => {
    const { heldBack, most } = simulate("newcomer");
    assert.equal(heldBack, 0);
    assert.ok(most <= DAY_MAX + HOLDERS);
  });
});
