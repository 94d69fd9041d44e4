// What was proved and when, and how tokens say it: amr (RFC 8176) and acr (OpenID Connect Core, 2).
import type { Instant } from "./time.ts";

// When each factor was last proved; null: it was not. "pwd" and "sms" are the values of RFC 8176.
export interface Proved {
  readonly pwd: Instant | null;
  readonly sms: Instant | null;
}

export type Factor = keyof Proved;

export const NOTHING_PROVED: Proved = { pwd: null, sms: null };

// The two acr values that this provider gives out, for one factor and for two.
export interface AcrValues {
  readonly single: string;
  readonly multi: string;
}

// The amr of what was proved, always in the order pwd, sms, mfa.
export function amrOf(proved: Proved): string[] {
  const amr: string[] = [];
  if (proved.pwd !== null) amr.push("pwd");
  if (proved.sms !== null) amr.push("sms");
  if (amr.length > 1) amr.push("mfa");
  return amr;
}

// The acr of what was proved.
export function acrOf(proved: Proved, acr: AcrValues): string {
  return proved.pwd !== null && proved.sms !== null ? acr.multi : acr.single;
}

// What was proved before, with a factor added or renewed.
export function withFactor(proved: Proved, factor: Factor, at: Instant): Proved {
  return { ...proved, [factor]: at };
}

// For each factor the later of two proofs: what is known after a sign-in that joins a session.
export function joinProved(one: Proved, other: Proved): Proved {
  return { pwd: later(one.pwd, other.pwd), sms: later(one.sms, other.sms) };
}

function later(one: Instant | null, other: Instant | null): Instant | null {
  if (one === null || other === null) return one ?? other;
  return Math.max(one, other);
}

// What was proved at that instant or later: a proof that is older than the user's last change of
// credentials, of the phone above all, proves nothing any more.
export function provedSince(proved: Proved, since: Instant): Proved {
  const young = (at: Instant | null) => (at !== null && at >= since ? at : null);
  return { pwd: young(proved.pwd), sms: young(proved.sms) };
}

// Which of a session's proofs count for a request: none under prompt=login, and under max_age
// only those that are young enough (OpenID Connect Core, 3.1.2.1).
export function provedForRequest(
  session: Proved,
  request: { readonly freshLogin: boolean; readonly maxAgeSeconds: number | null },
  now: Instant,
): Proved {
  if (request.freshLogin) return NOTHING_PROVED;
  const { maxAgeSeconds } = request;
  if (maxAgeSeconds === null) return session;
  const young = (at: Instant | null) =>
    at !== null && now - at <= maxAgeSeconds * 1000 ? at : null;
  return { pwd: young(session.pwd), sms: young(session.sms) };
}
