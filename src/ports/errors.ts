// What any adapter throws when what it depends on cannot answer. http makes a 503 of it.

export class UnavailableError extends Error {
  // What is down, for the log: "store", "sms", "password-hasher".
  readonly dependency: string;
  readonly retryAfterSeconds: number;

  constructor(
    dependency: string,
    detail: string,
    options: { cause?: unknown; retryAfterSeconds?: number } = {},
  ) {
    super(detail, { cause: options.cause });
    this.name = "UnavailableError";
    this.dependency = dependency;
    this.retryAfterSeconds = options.retryAfterSeconds ?? 5;
  }
}

// What a store says no to for good, in a sentence for whoever starts it: it was sealed under another SECRET, a newer
// version wrote it, or it belongs to another program.
export class StoreRefusedError extends Error {
  constructor(sentence: string, options: { cause?: unknown } = {}) {
    super(sentence, options);
    this.name = "StoreRefusedError";
  }
}
