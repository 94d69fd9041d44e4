// Sends a code. Providers are tried in order, and the next one only after a definite failure: after an
// unknown outcome a second text might be one too many.
import type { Challenge } from "../domain/challenge.ts";
import { composeCodeText } from "../domain/text-message.ts";
import type { SendOutcome, SmsProvider } from "../ports/sms.ts";

export interface TextToSend {
  readonly challenge: Challenge;
  readonly code: string;
  readonly language: string;
}

// Sends the code of a challenge, and says what became of it. Never throws for a provider's failure.
export type SendText = (text: TextToSend) => Promise<SendOutcome>;

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
  return async ({ challenge, code, language }) => {
    const text = composeCodeText({
      brand: deps.brand,
      code,
      lifeMinutes: Math.ceil(deps.codeLifeSeconds / 60),
      domain: deps.domain,
      template: deps.templateFor(language),
    });
    const { purpose, phone: to } = challenge;
    // The same for every send of one challenge's turn, so that a provider's retry is no second text.
    const messageId = `${challenge.id.slice(0, 12)}-${challenge.sends}`;

    let last: SendOutcome = { outcome: "failed", because: "provider-down", detail: "no provider" };
    for (const provider of deps.providers) {
      last = await provider.send({ to, text, purpose, messageId }, deps.timeoutSeconds);
      deps.onOutcome({ provider: provider.name, messageId, purpose, outcome: last });
      if (last.outcome !== "failed") return last;
    }
    return last;
  };
}
