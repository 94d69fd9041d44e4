// What the driver's and Mongoose's errors mean to a caller.
import mongoose from "mongoose";
import { UnavailableError } from "../../ports/errors.ts";

const { MongoBulkWriteError, MongoError, MongoServerError } = mongoose.mongo;

const DUPLICATE_KEY = 11_000;
// What a server says of an option that it does not know.
const NOT_IMPLEMENTED = 238;

// Whether there is a document with this _id already.
export function isDuplicate(error: unknown): boolean {
  return error instanceof MongoServerError && error.code === DUPLICATE_KEY;
}

// Whether all that went wrong with a batch of inserts is that some were there already.
export function areDuplicates(error: unknown): boolean {
  if (!(error instanceof MongoBulkWriteError)) return isDuplicate(error);
  const errors = Array.isArray(error.writeErrors) ? error.writeErrors : [error.writeErrors];
  // A batch whose answer was lost has no errors, and one that is written may not be known to survive.
  const unsure = errors.length === 0 || error.result.getWriteConcernError() !== undefined;
  return !unsure && errors.every((each) => each.code === DUPLICATE_KEY);
}

export function isNotImplemented(error: unknown): boolean {
  return error instanceof MongoServerError && error.code === NOT_IMPLEMENTED;
}

// An error as a caller may see it: whatever the driver says becomes UnavailableError, a mistake of ours
// stays what it is. The driver's messages name documents and hosts, never what is in them: all that we
// store of a person is sealed.
export function asCallersError(error: unknown): unknown {
  if (!isOfDatabase(error)) return error;
  return new UnavailableError("store", `MongoDB: ${error.message}`, { cause: error });
}

export function closedError(): UnavailableError {
  return new UnavailableError("store", "the store is closed");
}

export function tooSlowError(): UnavailableError {
  return new UnavailableError("store", "MongoDB did not answer in time");
}

function isOfDatabase(error: unknown): error is Error {
  if (error instanceof MongoError) return true;
  // A connection that breaks while it is written to comes through as the system's own error.
  if (error instanceof Error && "syscall" in error) return true;
  // Connection lost while Mongoose knew of none.
  return error instanceof mongoose.Error && !(error instanceof mongoose.Error.StrictModeError);
}
