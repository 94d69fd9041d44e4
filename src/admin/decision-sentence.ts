// A decision about the second step as one sentence, for those who do not read its layers.
import type { MfaDemand, MfaOutcome } from "../domain/mfa-decision.ts";

// What a sign-in that is decided so will meet, and why.
export function sentenceOfDecision(decision: MfaOutcome): string {
  switch (decision.need) {
    case "none":
      return `No second step is needed: ${NOT_NEEDED[decision.because]}.`;
    case "code":
      return `A code is sent to the user's phone: ${DEMANDED[decision.because]}.`;
    case "bind-phone":
      return `The user has to add a phone first: ${DEMANDED[decision.because]}.`;
    case "password":
      return `The user has to enter the password as well: ${DEMANDED[decision.because]}.`;
    case "refuse":
      return `The sign-in is refused: ${REFUSED[decision.because]}.`;
  }
}

type Because<Need extends MfaOutcome["need"]> = Extract<MfaOutcome, { need: Need }>["because"];

const NOT_NEEDED: Record<Because<"none">, string> = {
  "sms-off": "the SMS code is switched off in the rules that apply",
  "source-off": "it is switched off for this identity source",
  "upstream-did-it": "the upstream provider has done it",
  "factor-still-fresh": "this session has done it, recently enough",
};

const DEMANDED: Record<MfaDemand, string> = {
  "request-demands": "the request asks for two factors",
  "application-rules": "the application's own rules demand a second step",
  "global-rules": "the global rules demand a second step",
};

const REFUSED: Record<Because<"refuse">, string> = {
  "no-other-factor": "the user has no other factor than the one of the first step",
  "binding-not-allowed": "the user has no phone, and only an administrator may add one here",
  "binding-too-late": "the user has no phone, and the account is too old to add one here",
  "no-verified-email": "the user has no phone, and no verified e-mail address for the link",
  "phone-not-accepted": "the user's phone was not added as the rules that apply here ask",
  "factor-off": "too many wrong codes have switched the SMS code off for the user",
};
