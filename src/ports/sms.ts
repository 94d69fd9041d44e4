// Texts. A provider is told what to send and answers what became of it; it never throws for an
// ordinary failure, and always answers within the time that it was given.

export interface TextMessage {
  // E.164.
  readonly to: string;
  readonly text: string;
  // What the text is for; for the outbox and the log.
  readonly purpose: "login" | "bind" | "step-up" | "test";
  // Ours, the same on a retry.
  readonly messageId: string;
}

export type SendOutcome =
  | { readonly outcome: "accepted"; readonly providerMessageId: string | null }
  // It certainly did not go out.
  | {
      readonly outcome: "failed";
      readonly because:
        | "number-refused"
        | "throttled"
        | "no-balance"
        | "credentials-refused"
        | "provider-down";
      readonly detail: string;
    }
  // It may have gone out: no answer in time, or the connection broke after the request.
  | { readonly outcome: "unknown"; readonly detail: string };

export interface SmsProvider {
  readonly name: string;
  send(message: TextMessage, timeoutSeconds: number): Promise<SendOutcome>;
}
