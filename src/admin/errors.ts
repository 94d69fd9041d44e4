// What an administrator is told when something cannot be done: a code from a closed list, and one
// sentence. The command line makes its exit code of it, the console and the API their status.

export type AdminErrorCode =
  // What was asked for makes no sense, or is not allowed.
  | "usage"
  | "not-found"
  // It exists already, or somebody else changed it meanwhile.
  | "conflict"
  | "failed";

export class AdminError extends Error {
  readonly code: AdminErrorCode;

  constructor(code: AdminErrorCode, sentence: string, options?: { cause: unknown }) {
    super(sentence, options);
    this.name = "AdminError";
    this.code = code;
  }
}
