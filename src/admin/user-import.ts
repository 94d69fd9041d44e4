// Users from a CSV file, read as a stream: it may be longer than memory. Columns: username, email,
// email_verified, phone, name, password_hash, and those of profile-claims.ts, in any order, one login name at least.
import type { Readable } from "node:stream";
import { type Info, parse } from "csv-parse";
import { z } from "zod";
import { parsePasswordHash } from "../domain/password-hash.ts";
import { loginNamesOf, type User } from "../domain/user.ts";
import { type AdminDeps, checkInput } from "./deps.ts";
import { AdminError } from "./errors.ts";
import { CLAIM_NAMES } from "./profile-claims.ts";
import { liveTestNumbers } from "./test-numbers.ts";
import { addUserSchema, checkLoginNames } from "./user-options.ts";
import { newUser, storeUser } from "./users.ts";

export interface ImportResult {
  readonly dryRun: boolean;
  readonly added: number;
  // Lines whose login names all belong to one user already: a second run adds nothing.
  readonly unchanged: number;
  // At most PROBLEMS_MAX of them; `problemCount` counts all.
  readonly problems: readonly Problem[];
  readonly problemCount: number;
}

interface Problem {
  readonly line: number;
  readonly sentence: string;
}

const PROBLEMS_MAX = 1000;
const BATCH = 200;
const LINE_BYTES_MAX = 16_384;

const COLUMNS = [
  ...(["username", "email", "email_verified", "phone", "name", "password_hash"] as const),
  ...CLAIM_NAMES,
];

const rowSchema = z.partialRecord(z.enum(COLUMNS), z.string());

type ImportDeps = Pick<AdminDeps, "storage" | "now" | "actor">;
type Line = { readonly line: number; readonly row: unknown };
interface Reading {
  readonly dryRun: boolean;
  readonly schema: ReturnType<typeof addUserSchema>;
}
type LineOutcome = "added" | "unchanged" | Problem;

// Adds the users of a CSV file; a line that cannot be added is reported and left out, the others are
// added. With `dryRun` nothing is stored. "usage" for a file that is not such a CSV file at all.
export async function importUsers(
  deps: ImportDeps,
  csv: Readable,
  options: { dryRun: boolean },
): Promise<ImportResult> {
  const counts = { added: 0, unchanged: 0, problemCount: 0 };
  const problems: Problem[] = [];
  const report = (problem: Problem) => {
    if (++counts.problemCount <= PROBLEMS_MAX) problems.push(problem);
  };
  const reading = { dryRun: options.dryRun, schema: addUserSchema(await liveTestNumbers(deps)) };
  for await (const batch of batchesOf(linesOf(csv, report))) {
    // Together, so that one commit carries them all.
    const outcomes = await Promise.all(batch.map((line) => importLine(deps, line, reading)));
    for (const outcome of outcomes) {
      if (typeof outcome === "string") counts[outcome]++;
      else report(outcome);
    }
  }
  problems.sort((a, b) => a.line - b.line);
  return { dryRun: options.dryRun, ...counts, problems };
}

// What is no line of a CSV file at all is reported, and the reading goes on after it.
async function* linesOf(csv: Readable, report: (problem: Problem) => void): AsyncGenerator<Line> {
  const parser = csv.pipe(
    parse({
      bom: true,
      columns: checkColumns,
      info: true,
      max_record_size: LINE_BYTES_MAX,
      skip_empty_lines: true,
      skip_records_with_error: true,
      on_skip: (error) => {
        if (error !== undefined) report({ line: lineOf(error), sentence: error.message });
      },
    }),
  );
  // A stream that breaks does not break what it is piped into.
  csv.on("error", (error) => parser.destroy(error));
  try {
    for await (const { info, record } of parser as AsyncIterable<{ info: Info; record: unknown }>) {
      yield { line: info.lines, row: record };
    }
  } catch (cause) {
    if (cause instanceof AdminError) throw cause;
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new AdminError("usage", `The file cannot be read as CSV: ${message}.`, { cause });
  }
}

function lineOf(error: object): number {
  const lines: unknown = Reflect.get(error, "lines");
  return typeof lines === "number" ? lines : 0;
}

function checkColumns(names: string[]): string[] {
  const unknown = names.filter((name) => !COLUMNS.some((column) => column === name));
  if (unknown.length === 0) return names;
  throw new AdminError(
    "usage",
    `The first line must name columns out of ${COLUMNS.join(", ")}; unknown: ${unknown.map((name) => JSON.stringify(name)).join(", ")}.`,
  );
}

async function* batchesOf(lines: AsyncIterable<Line>): AsyncGenerator<Line[]> {
  let batch: Line[] = [];
  for await (const line of lines) {
    batch.push(line);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

async function importLine(
  deps: ImportDeps,
  { line, row }: Line,
  { dryRun, schema }: Reading,
): Promise<LineOutcome> {
  try {
    const user = userFrom(row, schema, deps.now());
    const owners = await ownersOf(deps, user);
    if (owners.size > 0) return ownedAlready(owners, line);
    if (!dryRun) await storeUser(deps, user, "user-imported");
    return "added";
  } catch (error) {
    if (!(error instanceof AdminError)) throw error;
    return { line, sentence: error.message };
  }
}

function userFrom(row: unknown, schema: Reading["schema"], now: number): User {
  const {
    username,
    email,
    email_verified: verified,
    phone,
    name,
    password_hash: hash,
    ...claims
  } = given(row);
  const emailVerified = readBoolean(verified);
  const checked = checkInput(schema, { username, email, emailVerified, phone, name, claims });
  const user = { ...newUser(checked, now), passwordHash: hash ?? null };
  checkLoginNames(user);
  if (hash !== undefined && parsePasswordHash(hash) === null) {
    throw new AdminError(
      "usage",
      "password_hash: must be argon2id (a PHC string) or bcrypt, at a bearable cost",
    );
  }
  return user;
}

// An empty field says nothing.
function given(row: unknown): z.infer<typeof rowSchema> {
  const entries = Object.entries(checkInput(rowSchema, row));
  return Object.fromEntries(entries.filter(([, value]) => value !== ""));
}

function readBoolean(text: string | undefined): boolean | undefined {
  switch (text?.toLowerCase()) {
    case undefined:
      return undefined;
    case "true":
    case "1":
    case "yes":
      return true;
    case "false":
    case "0":
    case "no":
      return false;
    default:
      throw new AdminError("usage", "email_verified: must be true or false");
  }
}

// The ids that this user's login names belong to, "" standing for a name that is free.
async function ownersOf(deps: Pick<AdminDeps, "storage">, user: User): Promise<Set<string>> {
  const owners = await Promise.all(
    loginNamesOf(user).map(async (login) => await deps.storage.users.findByLogin(login)),
  );
  const ids = owners.map((owner) => owner?.id ?? "");
  return ids.every((id) => id === "") ? new Set() : new Set(ids);
}

function ownedAlready(owners: ReadonlySet<string>, line: number): LineOutcome {
  if (owners.size === 1) return "unchanged";
  return { line, sentence: "Some of its login names belong to another user already." };
}
