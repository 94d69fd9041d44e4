// Sends a code. Providers are tried in order, and the next one only after a definite failure: after an
// unknown outcome a second text might be one too many.
import type { Challenge } from "../domain/challenge.ts";
import { composeCodeText } from "../domain/text-message.ts";
import type { SendOutcome, SmsProvider } from "../ports/sms.ts";

export interface TextToSend {
  readonly challenge: Challenge;
  readonly code: string;
  // The same on a retry, so that a provider's retry is no second text.
  readonly messageId: string;
  readonly language: string;
}

// What became of it, and by whom.
export type ProviderOutcome = SendOutcome & { readonly provider: string | null };

// Sends the code of a challenge, and says what became of it. Never throws for a provider's failure.
export type SendText = (text: TextToSend) => Promise<ProviderOutcome>;

export interface TextSenderDeps {
  readonly providers: readonly SmsProvider[];
  readonly timeoutSeconds: number;
  readonly brand: string;
  // The host that the code belongs to; the last line binds the code to it (WebOTP).
  readonly domain: string;
  readonly codeLifeSeconds: number;
  // The template of a language, with the placeholders {brand}, {code} and {minutes}.
  readonly templateFor: (language: string) => string;
  readonly onOutcome: (event: {
    readonly provider: string;
    readonly messageId: string;
    readonly purpose: string;
    readonly outcome: SendOutcome;
  }) => void;
}

// A sender over these providers.
export function createTextSender(deps: TextSenderDeps): SendText {
  return async ({ challenge, code, messageId, language }) => {
    const text = composeCodeText({
      brand: deps.brand,
      code,
      lifeMinutes: Math.ceil(deps.codeLifeSeconds / 60),
      domain: deps.domain,
      template: deps.templateFor(language),
    });
    const { purpose, phone: to } = challenge;
    let last: ProviderOutcome = {
      outcome: "failed",
      because: "provider-down",
      detail: "no provider",
      provider: null,
    };
    for (const provider of deps.providers) {
      const outcome = await provider.send({ to, text, purpose, messageId }, deps.timeoutSeconds);
      deps.onOutcome({ provider: provider.name, messageId, purpose, outcome });
      last = { ...outcome, provider: provider.name };
      if (last.outcome !== "failed") return last;
    }
    return last;
  };
}
