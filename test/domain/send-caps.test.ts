import assert from "node:assert/strict";
import {
  alarmsBetween,
  askingBudgets,
  prefixOf,
  sendBudgets,
  sharedBudgets,
} from "../../src/domain/send-caps.ts";
import { priceMicros, smsPricesSchema } from "../../src/domain/sms-price.ts";
import { A_NUMBER, LIMITS } from "../support/builders.ts";

const TEXT = {
  userId: "u1",
  network: "198.51.100",
  number: A_NUMBER,
  country: "US",
  costMicros: 10_000,
  verified: false,
};

describe("the caps on texts", () => {
  it("count a text for its user, network, range, country, day and price", () => {
    const budgets = sendBudgets(TEXT, LIMITS);
    assert.deepEqual(
      budgets.map(({ key, because, weight }) => [key, because, weight]),
      [
        ["send-user:u1", "user-daily-cap", 1],
        ["send-network:198.51.100", "address-cap", 1],
        ["send-prefix:+1415555", "prefix-cap", 1],
        ["send-country:US", "country-cap", 1],
        ["send-all", "day-cap", 1],
        ["send-money", "money-cap", 10_000],
      ],
    );
    assert.equal(budgets.at(-1)?.policy.max, LIMITS.smsBudgetPerDayCents * 10_000);
    assert.equal(budgets[1]?.policy.windowSeconds, 3_600);
  });

  it("give a user as many texts as one number may get, at least", () => {
    const most = { ...LIMITS, sendsPerUserPerDay: 30, sendsPerNumberPerDay: 1000 };
    assert.equal(sendBudgets(TEXT, most)[0]?.policy.max, 1000);
    assert.equal(sendBudgets(TEXT, LIMITS)[0]?.policy.max, LIMITS.sendsPerUserPerDay);
  });

  it("count no network where there is none, and no money where it costs none", () => {
    const budgets = sendBudgets({ ...TEXT, network: null, costMicros: 0 }, LIMITS);
    assert.deepEqual(
      budgets.map(({ because }) => because),
      ["user-daily-cap", "prefix-cap", "country-cap", "day-cap"],
    );
  });

  it("have a reserve for numbers that were verified, but for those of the user and the purse", () => {
    const budgets = sendBudgets({ ...TEXT, verified: true }, LIMITS);
    assert.deepEqual(
      budgets.map(({ policy }, i) => policy.max / (sendBudgets(TEXT, LIMITS)[i]?.policy.max ?? 0)),
      [1, 1.5, 1.5, 1.5, 1.5, 1],
    );
    assert.equal(LIMITS.verifiedSendsReservePercent, 50);
    const odd = { ...LIMITS, sendsPerPrefixPerDay: 3 };
    assert.equal(sendBudgets({ ...TEXT, verified: true }, odd)[2]?.policy.max, 4);
  });

  it("count where nothing is sent for its user and network alone", () => {
    assert.deepEqual(askingBudgets(TEXT, LIMITS), sendBudgets(TEXT, LIMITS).slice(0, 2));
    assert.equal(askingBudgets({ userId: "u1", network: null, verified: false }, LIMITS).length, 1);
  });

  it("count a text that tells of something for its range, country, day and price alone", () => {
    assert.deepEqual(sharedBudgets(TEXT, LIMITS), sendBudgets(TEXT, LIMITS).slice(2));
  });

  it("take the last four digits for the subscriber", () => {
    assert.equal(prefixOf("+447911123456"), "+44791112");
  });

  const alarms: { from: number; to: number; expect: number[] }[] = [
    { from: 0, to: 49, expect: [] },
    { from: 49, to: 50, expect: [50] },
    { from: 50, to: 51, expect: [] },
    { from: 79, to: 80, expect: [80] },
    { from: 0, to: 100, expect: [50, 80, 100] },
    { from: 99, to: 100, expect: [100] },
    { from: 100, to: 101, expect: [] },
  ];
  for (const { from, to, expect } of alarms) {
    it(`raise ${expect.join(", ") || "nothing"} between ${from} and ${to} of 100`, () => {
      assert.deepEqual(alarmsBetween(from, to, 100), expect);
    });
  }
});

describe("the price of a text", () => {
  const prices = smsPricesSchema.parse({
    currency: "USD",
    default: 0.25,
    countries: { US: 0.0079 },
  });

  it("is that of its country, for each segment", () => {
    assert.equal(priceMicros(prices, "US", 1), 7_900);
    assert.equal(priceMicros(prices, "US", 2), 15_800);
    assert.equal(priceMicros(prices, "SO", 1), 250_000);
  });

  it("refuses a table that cannot be one", () => {
    for (const wrong of [
      { currency: "$", default: 1, countries: {} },
      { currency: "USD", default: -1, countries: {} },
      { currency: "USD", default: 1, countries: { USA: 1 } },
      { currency: "USD", countries: {} },
    ]) {
      assert.equal(smsPricesSchema.safeParse(wrong).success, false);
    }
  });
});
