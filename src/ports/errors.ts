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
