// A day of fraud by sending with the published limits, against the guard and the caps (SMS-20). Whoever commits it has
// a new account, a new network and a new number for every text, and types no code.
import assert from "node:assert/strict";
import { type AttemptRun, countAttempt } from "../../src/domain/attempt-budget.ts";
import { judgePlace, type Pause, scopeOf, textsToJudge } from "../../src/domain/fraud-guard.ts";
import { prefixOf, type SendBudget, sendBudgets } from "../../src/domain/send-caps.ts";
import { LIMITS, NOON } from "../support/builders.ts";

const DAY = 86_400_000;
const SECONDS_TO_TYPE = 20;
const ATTACKED = "+1415555";
// What a text to a country costs that is not in the list of prices, which is dearer than most in it.
const COST_MICROS = 250_000;

type Group = "fraud" | "returning" | "first" | "returning elsewhere" | "first elsewhere";

interface Asked {
  readonly at: number;
  readonly group: Group;
  readonly number: string;
  readonly name: string;
}

interface Sent {
  readonly at: number;
  readonly prefix: string;
  readonly country: string;
  readonly user: string;
  readonly network: string;
  readonly typedAt: number | null;
}

// A country of its own and what is remembered of it, as the store and the flow do.
function openWorld() {
  const judged: Sent[] = [];
  const pauses = new Map<string, Pause>();
  const runs = new Map<string, { run: AttemptRun; expiresAt: number }>();
  let spentMicros = 0;

  const textsTo = (key: "prefix" | "country", value: string, from: number) => {
    const found: Sent[] = [];
    for (let i = judged.length - 1; i >= 0; i--) {
      const text = judged[i];
      if (text === undefined || text.at < from) break;
      if (text[key] === value) found.push(text);
    }
    return found;
  };

  // The budgets of trials; null: held back.
  function guard(prefix: string, now: number): SendBudget[] | null {
    const budgets: SendBudget[] = [];
    for (const place of [{ prefix }, { country: "US" }]) {
      const scope = scopeOf(place);
      const pause = pauses.get(scope) ?? null;
      const { from, typedAfter, max } = textsToJudge(pause, now, LIMITS);
      const [key, value] =
        "prefix" in place ? (["prefix", prefix] as const) : (["country", "US"] as const);
      const texts = textsTo(key, value, from)
        .map((text) => ({ ...text, verified: text.typedAt !== null && text.typedAt <= now }))
        .filter(({ at, verified }) => verified || at <= typedAfter)
        .slice(0, max);
      const verdict = judgePlace({ place, pause, texts }, now, LIMITS);
      if (verdict.verdict === "pause") pauses.set(scope, { scope, pausedAt: now, liftedAt: null });
      if (verdict.verdict === "resume") pauses.set(scope, { scope, pausedAt: null, liftedAt: now });
      if (verdict.verdict === "pause" || verdict.verdict === "held") return null;
      if (verdict.verdict === "trial") budgets.push(verdict.budget);
    }
    return budgets;
  }

  function count(budgets: readonly SendBudget[], now: number): boolean {
    const counts = budgets.map(({ key, policy, weight }) => {
      const known = runs.get(key);
      const run = known !== undefined && known.expiresAt > now ? known.run : null;
      return { key, count: countAttempt(run, policy, now, weight) };
    });
    if (counts.some(({ count }) => count.outcome === "limited")) return false;
    for (const { key, count } of counts) if (count.outcome === "counted") runs.set(key, count);
    return true;
  }

  return {
    paused: () => [...pauses.keys()],
    spentMicros: () => spentMicros,
    send({ at, group, number, name }: Asked): boolean {
      const [prefix, verified] = [prefixOf(number), group.startsWith("returning")];
      const trials = verified ? [] : guard(prefix, at);
      if (trials === null) return false;
      const asking = { userId: name, network: name, verified };
      const text = { number, country: "US", costMicros: COST_MICROS };
      const budgets = [...sendBudgets({ ...asking, ...text }, LIMITS), ...trials];
      if (!count(budgets, at)) return false;
      spentMicros += COST_MICROS;
      const typedAt = group === "fraud" ? null : at + SECONDS_TO_TYPE * 1000;
      const source = { user: name, network: name };
      if (!verified) judged.push({ at, prefix, country: "US", ...source, typedAt });
      return true;
    },
  };
}

function evenly(
  group: Group,
  count: number,
  numberOf: (i: number) => string,
  until = DAY,
): Asked[] {
  return Array.from({ length: count }, (_, i) => ({
    at: NOON + Math.floor(((i + 0.5) * until) / count),
    group,
    number: numberOf(i),
    name: `${group}-${i}`,
  }));
}

const inRange = (i: number) => ATTACKED + String(i % 10_000).padStart(4, "0");
const elsewhere = (i: number) =>
  `+1212${String(100 + (i % 150))}${String(i % 10_000).padStart(4, "0")}`;
const HONEST: Asked[] = [
  ...evenly("returning", 100, inRange),
  ...evenly("first", 20, inRange),
  ...evenly("returning elsewhere", 300, elsewhere),
  ...evenly("first elsewhere", 200, elsewhere),
];

// The share of each group whose text went out, in percent, and how many texts of fraud did.
function simulate(fraud: Asked[]) {
  const world = openWorld();
  const asked: Partial<Record<Group, number>> = {};
  const sent: Partial<Record<Group, number>> = {};
  for (const each of [...fraud, ...HONEST].toSorted((one, other) => one.at - other.at)) {
    asked[each.group] = (asked[each.group] ?? 0) + 1;
    if (world.send(each)) sent[each.group] = (sent[each.group] ?? 0) + 1;
  }
  const percent = (group: Group) => (100 * (sent[group] ?? 0)) / (asked[group] ?? 1);
  return {
    returning: percent("returning"),
    first: percent("first"),
    returningElsewhere: percent("returning elsewhere"),
    firstElsewhere: percent("first elsewhere"),
    fraudSent: sent.fraud ?? 0,
    spentCents: world.spentMicros() / 10_000,
    paused: world.paused(),
  };
}

describe("a day on which 99 of 100 texts to one range are fraud (SMS-20)", () => {
  it("lets in who has signed in before, and everybody elsewhere, when it goes on all day", () => {
    const seen = simulate(evenly("fraud", 9900, inRange));
    assert.ok(seen.returning >= 99 && seen.returningElsewhere >= 99 && seen.firstElsewhere >= 99);
    assert.deepEqual(seen.paused, [`prefix:${ATTACKED}`]);
    assert.ok(seen.fraudSent <= 200);
    assert.ok(seen.spentCents <= LIMITS.smsBudgetPerDayCents);
  });

  it("lets them in when all of it comes before anybody could have typed a code", () => {
    const seen = simulate(evenly("fraud", 9900, inRange, 100_000));
    assert.ok(seen.returning >= 99 && seen.returningElsewhere >= 99 && seen.firstElsewhere >= 99);
    assert.ok(seen.fraudSent <= LIMITS.sendsPerPrefixPerDay);
    assert.ok(seen.spentCents <= LIMITS.smsBudgetPerDayCents);
  });
});

describe("a day on which fraud goes to a hundred ranges of a country (SMS-20)", () => {
  it("lets in who has signed in before, and pauses the country for others", () => {
    const spread = (i: number) =>
      `+1646${String(100 + (i % 100))}${String(i % 10_000).padStart(4, "0")}`;
    const seen = simulate(evenly("fraud", 50_000, spread));
    assert.ok(seen.returning >= 99 && seen.returningElsewhere >= 99);
    assert.ok(seen.paused.includes("country:US"));
    assert.ok(seen.spentCents <= LIMITS.smsBudgetPerDayCents);
  });
});
