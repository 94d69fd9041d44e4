// What SQLite's errors mean to a caller.
import { UnavailableError } from "../../ports/errors.ts";

// Primary result codes (https://sqlite.org/rescode.html).
const SQLITE_BUSY = 5;
const SQLITE_NOTADB = 26;

// Whether another process has the file at the moment, so that it is worth trying again.
export function isBusy(error: unknown): boolean {
  return primaryCode(error) === SQLITE_BUSY;
}

export function isNotADatabase(error: unknown): boolean {
  return primaryCode(error) === SQLITE_NOTADB;
}

// An error as a caller may see it: whatever SQLite says becomes UnavailableError, a mistake of ours
// stays what it is.
export function asCallersError(error: unknown): unknown {
  const ofSqlite = primaryCode(error) !== null || codeOf(error) === "ERR_INVALID_STATE";
  if (!ofSqlite || !(error instanceof Error)) return error;
  return new UnavailableError("store", `SQLite: ${error.message}`, { cause: error });
}

export function closedError(): UnavailableError {
  return new UnavailableError("store", "the store is closed");
}

function primaryCode(error: unknown): number | null {
  if (codeOf(error) !== "ERR_SQLITE_ERROR") return null;
  const extended: unknown = error instanceof Error ? Reflect.get(error, "errcode") : null;
  return typeof extended === "number" ? extended & 0xff : 0;
}

function codeOf(error: unknown): unknown {
  return error instanceof Error ? Reflect.get(error, "code") : undefined;
}
