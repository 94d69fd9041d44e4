// What every step of a sign-in works with: what the request asks for, what the steps may use, and how a
// sign-in ends. Steps never call steps; each stores what was proved and hands the browser back.

import type { CodeKey } from "../domain/code.ts";
import type { AcrValues, Proved } from "../domain/factors.ts";
import type { GuardMode } from "../domain/fraud-guard.ts";
import type { EngineRecord, Interaction } from "../domain/interaction.ts";
import type { Limits } from "../domain/limits.ts";
import type { MailOrigin } from "../domain/mail.ts";
import type { RecoveryPolicy } from "../domain/recovery.ts";
import type { RequestedAcr } from "../domain/requested-acr.ts";
import type { Instant } from "../domain/time.ts";
import type { PasswordHasher } from "../ports/password-hasher.ts";
import type { Storage } from "../ports/storage.ts";
import type { SendText } from "./send-text.ts";

// What an authorization request asks for, and the session that it came with.
export interface SignInRequest {
  // A step-up asks somebody who is signed in already for the second step alone.
  readonly kind: "sign-in" | "step-up" | "consent";
  readonly clientId: string;
  // A sign-in with both factors, both of them now, in which the bound phone is replaced.
  readonly changesPhone: boolean;
  readonly acr: RequestedAcr;
  // prompt=login: what was proved before does not count.
  readonly freshLogin: boolean;
  readonly maxAgeSeconds: number | null;
  readonly session: SessionFacts | null;
  // For the language of texts.
  readonly uiLocales: string | null;
}

export interface SessionFacts {
  readonly userId: string;
  readonly proved: Proved;
  // Seconds since 1970, as auth_time says it (OpenID Connect Core, 2).
  readonly authTime: number;
}

// How an interaction ends, for the engine.
export type SignInResult =
  | {
      readonly outcome: "signed-in";
      readonly userId: string;
      // Proved in this interaction; joined with what the session of the same user proved before.
      readonly proved: Proved;
      // What the session proved before this does not count any more.
      readonly credentialsChangedAt: Instant;
      // The session's own, for a step-up; null: now.
      readonly authTime: number | null;
    }
  | {
      readonly outcome: "refused";
      readonly error: "access_denied" | "unmet_authentication_requirements";
      readonly description: string;
    };

export interface FlowDeps {
  readonly storage: Storage;
  readonly hasher: PasswordHasher;
  readonly sendText: SendText;
  // The first computes new codes; the others check those that are still on their way.
  readonly codeKeys: readonly CodeKey[];
  // The same for mailed links.
  readonly linkKeys: readonly CodeKey[];
  // False: no mail leaves this installation, so none may be waited for.
  readonly mailsGoOut: boolean;
  // Who may be sent a link when the password is forgotten; off where no mail leaves.
  readonly recovery: RecoveryPolicy;
  // The passwords that nobody may have, in lower case. Asked for only when a password is set.
  readonly blocklist: () => Promise<ReadonlySet<string>>;
  readonly limits: Limits;
  readonly acr: AcrValues;
  // Countries that may be texted, ISO 3166-1.
  readonly smsCountries: readonly string[] | "all";
  // Writes a result into the engine's record.
  readonly withResult: (record: EngineRecord, result: SignInResult) => EngineRecord;
  // What a text costs, in millionths of the currency of the prices; 0: nothing.
  readonly priceOf: (text: { readonly country: string; readonly template: string }) => number;
  // The sentence of a text with {brand}, {code} and {minutes}, by application and language. One that replaces a phone says
  // so, whichever application it is: somebody may be asked to read it out.
  readonly codeTemplate: (text: {
    readonly applicationId: string;
    readonly changesPhone: boolean;
    readonly language: string;
  }) => Promise<string>;
  // Whether whoever comes from this address is no stranger, so that it does not count as a network.
  readonly isOwnAddress: (address: string) => boolean;
  readonly fraudGuard: GuardMode;
  // Somebody should hear of it now.
  readonly alarm: (event: { readonly alarm: string } & Readonly<Record<string, unknown>>) => void;
  readonly now: () => Instant;
  // At least 128 random bits.
  readonly newId: () => string;
}

// One interaction as a step sees it.
export interface SignIn {
  readonly interaction: Interaction;
  readonly request: SignInRequest;
  // The language that the browser asked for, for texts.
  readonly language: string;
  // What mails about it say of the application and the browser.
  readonly origin?: MailOrigin | undefined;
  // The client's IP address.
  readonly address: string;
  // The browser's own id: the one that it came with, or a new one, which it keeps once somebody has signed in.
  readonly deviceId: string;
}

// A step that cannot be taken now: another one is due, or somebody else was faster.
export const OUT_OF_ORDER = { outcome: "out-of-order" } as const;
