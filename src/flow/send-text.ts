// Sends texts. Providers are tried in the order of the number's country, and the next one only after a
// definite failure: after an unknown outcome a second text might be one too many.
import type { Challenge } from "../domain/challenge.ts";
import { countryOf } from "../domain/phone.ts";
import { composeCodeText } from "../domain/text-message.ts";
import type { Instant } from "../domain/time.ts";
import type { SendOutcome, SmsProvider, TextMessage } from "../ports/sms.ts";

// What became of a text, and by whom.
export type ProviderOutcome = SendOutcome & { readonly provider: string | null };

// Sends a text as it is. Never throws for a provider's failure.
export type SendMessage = (message: TextMessage) => Promise<ProviderOutcome>;

export interface MessageSenderDeps {
  readonly providers: readonly SmsProvider[];
  // Countries with an order of their own, by their ISO codes.
  readonly providersByCountry: ReadonlyMap<string, readonly SmsProvider[]>;
  // What one provider may take. All of them together never take twice as long.
  readonly timeoutSeconds: number;
  readonly onOutcome: (event: {
    readonly provider: string;
    readonly messageId: string;
    readonly purpose: string;
    readonly outcome: SendOutcome;
  }) => void;
  readonly now: () => Instant;
}

export interface TextToSend {
  readonly challenge: Challenge;
  readonly code: string;
  // The same on a retry, so that a provider's retry is no second text.
  readonly messageId: string;
  // With the placeholders {brand}, {code} and {minutes}.
  readonly template: string;
}

// Sends the code of a challenge, and says what became of it. Never throws for a provider's failure.
export type SendText = (text: TextToSend) => Promise<ProviderOutcome>;

export interface TextSenderDeps {
  readonly send: SendMessage;
  readonly brand: string;
  // The host that the code belongs to; the last line binds the code to it (WebOTP).
  readonly domain: string;
  readonly codeLifeSeconds: number;
}

// A sender of codes by this way of sending texts.
export function createTextSender(deps: TextSenderDeps): SendText {
  return async ({ challenge, code, messageId, template }) => {
    const text = composeCodeText({
      brand: deps.brand,
      code,
      lifeMinutes: Math.ceil(deps.codeLifeSeconds / 60),
      domain: deps.domain,
      template,
    });
    const { purpose, phone: to } = challenge;
    return deps.send({ to, text, purpose, messageId });
  };
}

// A sender over these providers.
export function createMessageSender(deps: MessageSenderDeps): SendMessage {
  return async (message) => {
    const { to, purpose, messageId } = message;
    const beganAt = deps.now();
    let last: ProviderOutcome = {
      outcome: "failed",
      because: "provider-down",
      detail: "no provider",
      provider: null,
    };
    for (const provider of providersFor(deps, to)) {
      const seconds = secondsForNext((deps.now() - beganAt) / 1000, deps.timeoutSeconds);
      if (seconds <= 0) return last;
      const outcome = await provider.send(message, seconds);
      deps.onOutcome({ provider: provider.name, messageId, purpose, outcome });
      last = { ...outcome, provider: provider.name };
      if (!mayTryNext(outcome)) return last;
    }
    return last;
  };
}

function providersFor(deps: MessageSenderDeps, number: string): readonly SmsProvider[] {
  const country = countryOf(number);
  return (country === null ? null : deps.providersByCountry.get(country)) ?? deps.providers;
}

// What is left of the first provider's time, and enough to have a chance; but never so much that all
// together take more than two providers' time.
const SECONDS_MIN = 2;

export function secondsForNext(elapsedSeconds: number, timeoutSeconds: number): number {
  // A clock that was set back or forth meanwhile gives nobody more than a whole turn.
  const left = Math.min(timeoutSeconds, timeoutSeconds - elapsedSeconds);
  const enough = Math.max(left, Math.min(SECONDS_MIN, timeoutSeconds));
  return Math.min(enough, 2 * timeoutSeconds - elapsedSeconds);
}

// A number that one provider refuses is refused: it is no mobile, or its owner wants no texts. Asking
// around would cost money, or go against that will.
function mayTryNext(outcome: SendOutcome): boolean {
  return outcome.outcome === "failed" && outcome.because !== "number-refused";
}
