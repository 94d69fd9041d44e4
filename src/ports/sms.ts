// Texts. A provider is told what to send and answers what became of it; it never throws for an
// ordinary failure, and always answers within the time that it was given.

export interface TextMessage {
  // E.164.
  readonly to: string;
  readonly text: string;
  // What the text is for; for the outbox and the log.
  readonly purpose: "login" | "bind" | "step-up" | "phone-changed" | "phone-removed" | "test";
  // Ours, the same on a retry.
  readonly messageId: string;
}

export type SendOutcome =
  | { readonly outcome: "accepted"; readonly providerMessageId: string | null }
  // It certainly did not go out. A detail never repeats the number, the text or a secret.
  | {
      readonly outcome: "failed";
      readonly because: SendFailure;
      readonly detail: string;
      // For "throttled": how long the provider asked us to stay away, if it said so.
      readonly retryAfterSeconds?: number;
    }
  // It may have gone out: no answer in time or a connection that broke after the request, or an answer
  // that says neither yes nor no.
  | {
      readonly outcome: "unknown";
      readonly because: "no-answer" | "answer-unclear";
      readonly detail: string;
    };

export type SendFailure =
  // This number cannot be texted, whoever tries.
  | "number-refused"
  // The provider refused this text for a reason that we do not know. It is up, and another one may take the text.
  | "text-refused"
  | "throttled"
  // These two end only when somebody sees to them.
  | "no-balance"
  | "credentials-refused"
  | "provider-down";

export interface SmsProvider {
  readonly name: string;
  send(message: TextMessage, timeoutSeconds: number): Promise<SendOutcome>;
}
