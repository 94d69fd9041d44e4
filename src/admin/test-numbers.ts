// Test numbers: the only way to list one, in production as elsewhere. A code is told once, and never again.
import { z } from "zod";
import { normalCode } from "../domain/code.ts";
import { maskPhone, parseE164 } from "../domain/phone.ts";
import {
  generateTestCode,
  isLive,
  parseTestNumberEnd,
  TEST_NUMBER_DAYS_MAX,
  type TestNumber,
  type TestNumberEnd,
} from "../domain/test-number.ts";
import { shownName } from "./application-options.ts";
import { type AdminDeps, auditEvent, checkInput, newId } from "./deps.ts";
import { AdminError } from "./errors.ts";

type TestNumberDeps = Pick<AdminDeps, "storage" | "now" | "actor">;

const addSchema = z.strictObject({
  // E.164 in shape; numbers that are reserved for fiction are the safest choice.
  number: z.string(),
  name: shownName,
  // "2026-12-31", to the end of that day, or "2026-12-31T18:00:00Z".
  until: z.string(),
  // Six digits. Left out: they are made.
  code: z.string().optional(),
});

export type AddTestNumber = z.input<typeof addSchema>;

export interface ShownTestNumber {
  readonly id: string;
  // Masked.
  readonly number: string;
  readonly name: string;
  // ISO 8601, UTC.
  readonly until: string;
  readonly expired: boolean;
}

export interface AddedTestNumber extends ShownTestNumber {
  // How many users have this number as their phone: their codes are fixed from now on.
  readonly users: number;
  // Only when it was generated; it is told this once.
  readonly code?: string;
}

// Lists a number. "usage": it is no number, the end is not one, or the code is not six digits; "conflict": it is
// listed already, if only with an end that is past.
export async function addTestNumber(
  deps: TestNumberDeps,
  input: AddTestNumber,
): Promise<AddedTestNumber> {
  const { name, until, ...given } = checkInput(addSchema, input);
  const listed: TestNumber = {
    id: newId(),
    number: readNumber(given.number),
    name,
    code: given.code === undefined ? generateTestCode() : readCode(given.code),
    addedAt: deps.now(),
    until: readEnd(until, deps.now()),
  };
  const users = await deps.storage.users.countByPhone(listed.number);
  const audit = auditEvent(deps, {
    action: "test-number-added",
    target: `test-number:${listed.id}`,
    details: { before: null, after: summaryOf(listed), users },
  });
  if ((await deps.storage.testNumbers.add(listed, audit)) === "conflict") {
    const masked = maskPhone(listed.number);
    throw new AdminError("conflict", `${masked} is a test number already; remove it first.`);
  }
  const code = given.code === undefined ? { code: listed.code } : {};
  return { ...showTestNumber(listed, deps.now()), users, ...code };
}

// All that are listed, oldest first, without their codes.
export async function listTestNumbers(
  deps: Pick<AdminDeps, "storage" | "now">,
): Promise<ShownTestNumber[]> {
  const listed = await deps.storage.testNumbers.list();
  return listed.map((each) => showTestNumber(each, deps.now()));
}

// Takes a number off the list, by itself or by the id of its listing: a code that was not typed yet is refused from
// now on. "not-found": it is not listed.
export async function removeTestNumber(
  deps: TestNumberDeps,
  numberOrId: string,
): Promise<Pick<ShownTestNumber, "id" | "number" | "name">> {
  const all = await deps.storage.testNumbers.list();
  const byId = all.find(({ id }) => id === numberOrId);
  const number = byId?.number ?? readNumber(numberOrId);
  const listed = byId ?? all.find((each) => each.number === number);
  if (listed === undefined) throw notListed(number);
  const audit = auditEvent(deps, {
    action: "test-number-removed",
    target: `test-number:${listed.id}`,
    details: { before: summaryOf(listed), after: null },
  });
  const outcome = await deps.storage.testNumbers.remove(listed, audit);
  if (outcome === "absent") throw notListed(number);
  return { id: listed.id, number: maskPhone(number), name: listed.name };
}

// The numbers that are test numbers now.
export async function liveTestNumbers(
  deps: Pick<AdminDeps, "storage" | "now">,
): Promise<ReadonlySet<string>> {
  const listed = await deps.storage.testNumbers.list();
  return new Set(listed.filter((each) => isLive(each, deps.now())).map(({ number }) => number));
}

function readNumber(typed: string): string {
  const number = parseE164(typed, null);
  if (number !== null) return number;
  throw new AdminError("usage", "The number must be international, as +447700900123.");
}

function readCode(typed: string): string {
  const code = normalCode(typed);
  if (code !== null) return code;
  throw new AdminError("usage", "The code must be six digits.");
}

function readEnd(typed: string, now: number): number {
  const end = parseTestNumberEnd(typed, now);
  if (end.outcome === "ok") return end.until;
  throw new AdminError("usage", END_SENTENCES[end.because]);
}

const END_SENTENCES: Record<Extract<TestNumberEnd, { outcome: "refused" }>["because"], string> = {
  malformed:
    "The end must be a day, as 2026-12-31, or an instant, as 2026-12-31T18:00:00Z; both UTC.",
  past: "The end is past (UTC).",
  "too-far": `The end must be at most ${TEST_NUMBER_DAYS_MAX} days ahead (UTC).`,
};

function notListed(number: string): AdminError {
  return new AdminError("not-found", `${maskPhone(number)} is no test number.`);
}

// What the audit log may keep of one.
function summaryOf({ number, name, until }: TestNumber) {
  return { number: maskPhone(number), name, until: new Date(until).toISOString() };
}

function showTestNumber(listed: TestNumber, now: number): ShownTestNumber {
  return { id: listed.id, ...summaryOf(listed), expired: !isLive(listed, now) };
}
