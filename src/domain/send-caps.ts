// The caps on texts beyond those of a number and a challenge: what one user, one network, one range of
// numbers, one country and everybody may have sent, and what it may cost. They are there against fraud by
// sending (toll fraud), which no limit on a single number notices.
import { type WindowBudget, windowBudget } from "./attempt-budget.ts";
import type { Limits } from "./limits.ts";
import { DAY_SECONDS, HOUR_SECONDS, type Instant } from "./time.ts";

export type SendCap =
  | "user-daily-cap"
  | "address-cap"
  | "prefix-cap"
  | "country-cap"
  | "day-cap"
  | "money-cap"
  // By the fraud guard.
  | "paused";

// One count that a text adds to, under a key of its own.
export interface SendBudget extends WindowBudget {
  readonly because: SendCap;
  // What it adds: 1, or for money its price.
  readonly weight: number;
}

export type CapLimits = Pick<
  Limits,
  | "sendsPerNumberPerDay"
  | "sendsPerUserPerDay"
  | "sendsPerAddressPerHour"
  | "sendsPerPrefixPerDay"
  | "sendsPerCountryPerDay"
  | "sendsPerDay"
  | "verifiedSendsReservePercent"
  | "smsBudgetPerDayCents"
>;

export interface CappedText extends SharedlyCappedText, Asking {}

export interface Asking extends Trust {
  readonly userId: string;
  // The network that it is asked for from; null: it does not count.
  readonly network: string | null;
}

// Whether the number is one that its user has shown to be theirs. Such texts have a reserve in the counts that they
// share with others', or whoever fills those shuts everybody out.
interface Trust {
  readonly verified: boolean;
}

export interface SharedlyCappedText extends Trust {
  // E.164.
  readonly number: string;
  // ISO 3166-1.
  readonly country: string;
  readonly costMicros: number;
}

// So many digits at its end tell the numbers of one range apart.
const SUBSCRIBER_DIGITS = 4;
export const MICROS_PER_CENT = 10_000;

// The range that a number lies in.
export function prefixOf(number: string): string {
  return number.slice(0, -SUBSCRIBER_DIGITS);
}

// Every count that a text adds to; those of a user and a network first, since they say most to the user.
export function sendBudgets(text: CappedText, limits: CapLimits): SendBudget[] {
  return [...askingBudgets(text, limits), ...sharedBudgets(text, limits)];
}

// The counts that a text shares with those of other users.
export function sharedBudgets(text: SharedlyCappedText, limits: CapLimits): SendBudget[] {
  const { number, country, costMicros } = text;
  const { sendsPerPrefixPerDay, sendsPerCountryPerDay, sendsPerDay } = limits;
  const perDay = (key: string, because: SendCap, max: number) =>
    counting(key, because, withReserve(max, text, limits), DAY_SECONDS);
  const budgets = [
    perDay(`send-prefix:${prefixOf(number)}`, "prefix-cap", sendsPerPrefixPerDay),
    perDay(`send-country:${country}`, "country-cap", sendsPerCountryPerDay),
    perDay("send-all", "day-cap", sendsPerDay),
  ];
  if (costMicros > 0) budgets.push(moneyBudget(costMicros, limits));
  return budgets;
}

// The counts of who asks for a code, which hold even where nothing is sent.
export function askingBudgets(asking: Asking, limits: CapLimits): SendBudget[] {
  const { userId, network } = asking;
  // Never fewer than one number of theirs may get.
  const perUser = Math.max(limits.sendsPerUserPerDay, limits.sendsPerNumberPerDay);
  const budgets = [counting(`send-user:${userId}`, "user-daily-cap", perUser, DAY_SECONDS)];
  if (network !== null) {
    const perHour = withReserve(limits.sendsPerAddressPerHour, asking, limits);
    budgets.push(counting(`send-network:${network}`, "address-cap", perHour, HOUR_SECONDS));
  }
  return budgets;
}

function withReserve(max: number, { verified }: Trust, limits: CapLimits): number {
  const { verifiedSendsReservePercent: percent } = limits;
  return verified ? Math.floor((max * (100 + percent)) / 100) : max;
}

// What a text was counted under that is given back once its code was typed: one at each of these keys, in the window
// that was open at that time.
export interface SendRefund {
  readonly key: string;
  readonly countedAt: Instant;
}

// The cap of a network is for texts that nobody typed: right codes must not shut an office out. The others bound what
// is sent and what it costs, and stay.
export function sendRefunds(budgets: readonly SendBudget[], now: Instant): SendRefund[] {
  return budgets.flatMap(({ key, because }) =>
    because === "address-cap" ? [{ key, countedAt: now }] : [],
  );
}

// The budget of a day, in millionths of the currency.
export function moneyBudget(costMicros: number, limits: CapLimits): SendBudget {
  const max = limits.smsBudgetPerDayCents * MICROS_PER_CENT;
  return { ...counting(MONEY_KEY, "money-cap", max, DAY_SECONDS), weight: costMicros };
}

export const MONEY_KEY = "send-money";

// The shares of the day's budget at which somebody should hear of it, in percent.
const ALARMS_PERCENT = [50, 80, 100];

// The alarms that a count sets off by passing from one value to another: each is passed by exactly one.
export function alarmsBetween(before: number, after: number, max: number): number[] {
  return ALARMS_PERCENT.filter(
    (percent) => before * 100 < percent * max && after * 100 >= percent * max,
  );
}

function counting(key: string, because: SendCap, max: number, windowSeconds: number): SendBudget {
  return { ...windowBudget(key, { max, windowSeconds }), because, weight: 1 };
}
