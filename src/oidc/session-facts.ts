// What the engine's session knows of its user: who, since when, and which factors were proved when. The
// last is ours: a member of the session, so that it is written, rotated and deleted with it.
import type { KoaContextWithOIDC, Provider } from "oidc-provider";
import {
  type AcrValues,
  acrOf,
  amrOf,
  joinProved,
  type Proved,
  provedForRequest,
  provedOfAmr,
  provedSince,
  readProved,
} from "../domain/factors.ts";
import { provedUnderRules } from "../domain/mfa-question.ts";
import type { RulesOfApplication } from "../domain/security-rules.ts";
import type { Instant } from "../domain/time.ts";
import type { User } from "../domain/user.ts";
import type { SessionFacts } from "../flow/sign-in.ts";
import { credentialsChangedAtOfResult, provedOfResult } from "./engine-record.ts";

// Lets sessions keep `proved`. Must run before the provider's first request: the engine reads the list
// of a model's members once.
export function keepProvedInSessions(provider: Provider): void {
  const { Session } = provider;
  const members = [...Session.IN_PAYLOAD, "proved"];
  Object.defineProperty(Session, "IN_PAYLOAD", { get: () => members });
}

// What of the engine's session is looked at here.
export interface SessionLike {
  readonly accountId?: string | undefined;
  readonly loginTs?: number | undefined;
}

// The facts of this request's session; null when nobody is signed in.
export function sessionFactsOf(ctx: KoaContextWithOIDC): SessionFacts | null {
  return factsOf(ctx.oidc.session);
}

// The facts of a session; null when nobody is signed in.
export function factsOf(session: SessionLike | undefined): SessionFacts | null {
  if (session?.accountId === undefined || session.loginTs === undefined) return null;
  return { userId: session.accountId, proved: provedOfSession(session), authTime: session.loginTs };
}

// What a session proved.
export function provedOfSession(session: object): Proved {
  return readProved("proved" in session ? session.proved : undefined);
}

// What the interaction that has just ended proved; nothing when none did.
export function provedNowOf(ctx: KoaContextWithOIDC): Proved {
  return provedOfResult(ctx.oidc.result);
}

// How fresh a request wants proofs to be (OpenID Connect Core, 3.1.2.1).
export function freshnessOf({ oidc }: KoaContextWithOIDC) {
  const maxAge = oidc.params?.max_age;
  return {
    freshLogin: oidc.prompts.has("login"),
    maxAgeSeconds: maxAge === undefined ? null : Number(maxAge),
  };
}

// Takes over into the session what an interaction proved. The engine has overwritten acr and amr with what
// the result says, which is nothing: they follow from all that is proved, so that signing in again with
// one factor does not lower what another one proved before.
export function joinProvedIntoSession(
  ctx: KoaContextWithOIDC,
  { acr, now }: { readonly acr: AcrValues; readonly now: () => Instant },
): void {
  const { session, result } = ctx.oidc;
  if (session === undefined || result?.login === undefined) return;
  const before = provedSince(provedOfSession(session), credentialsChangedAtOfResult(result));
  const provedNow = provedNowOf(ctx);
  const proved = joinProved(before, provedNow);
  Object.assign(session, { proved, amr: amrOf(proved), acr: acrOf(proved, acr) });

  // A step-up keeps the time of its session, and adds to what that proved. Everything else is an authentication of its
  // own, with a new auth_time: what is issued for it says what was proved in it, or before and still counts for it.
  if (result.login.ts !== undefined) return;
  const event = joinProved(provedForRequest(before, freshnessOf(ctx), now()), provedNow);
  sayProved(ctx, event, acr);
}

// Has what is issued for this request say so, whatever the session says.
function sayProved({ oidc }: KoaContextWithOIDC, proved: Proved, acr: AcrValues): void {
  Object.defineProperties(oidc, {
    amr: { value: amrOf(proved), configurable: true },
    acr: { value: acrOf(proved, acr), configurable: true },
  });
}

// Has it say nothing of what does not count under these rules.
export function leaveOutWhatCountsNot(
  ctx: KoaContextWithOIDC,
  { rules, user, acr }: { rules: RulesOfApplication; user: User; acr: AcrValues },
): void {
  sayProved(ctx, provedUnderRules(rules, user, provedOfAmr(ctx.oidc.amr, 0)), acr);
}
