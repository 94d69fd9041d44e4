// What was proved and when, and how tokens say it: amr (RFC 8176) and acr (OpenID Connect Core, 2).
import type { Instant } from "./time.ts";

// When each factor was last proved; null: it was not. The names are the values of RFC 8176.
export interface Proved {
  readonly pwd: Instant | null;
  readonly sms: Instant | null;
  // A recovery code. Absent: not proved, as in all that was stored before there were any.
  readonly otp?: Instant | null | undefined;
}

export type Factor = keyof Proved;

export const NOTHING_PROVED: Proved = { pwd: null, sms: null };

// The two acr values that this provider gives out, for one factor and for two.
export interface AcrValues {
  readonly single: string;
  readonly multi: string;
}

// The amr of what was proved, always in the order pwd, sms, otp, mfa.
export function amrOf(proved: Proved): string[] {
  const amr: string[] = FACTORS.filter((factor) => isProved(proved[factor]));
  if (amr.length > 1) amr.push("mfa");
  return amr;
}

// What such an amr says was proved, as if it were at that instant; what is no amr proves nothing.
export function provedOfAmr(amr: unknown, at: Instant): Proved {
  const named: readonly unknown[] = Array.isArray(amr) ? amr : [];
  return eachFactor((factor) => (named.includes(factor) ? at : null));
}

// The acr of what was proved.
export function acrOf(proved: Proved, acr: AcrValues): string {
  return hasSecondFactor(proved) ? acr.multi : acr.single;
}

// Whether something that one has was proved beside the password.
export function hasSecondFactor({ pwd, sms, otp }: Proved): boolean {
  return isProved(pwd) && (isProved(sms) || isProved(otp));
}

// What was proved before, with a factor added or renewed.
export function withFactor(proved: Proved, factor: Factor, at: Instant): Proved {
  return { ...proved, [factor]: at };
}

// For each factor the later of two proofs: what is known after a sign-in that joins a session.
export function joinProved(one: Proved, other: Proved): Proved {
  return eachFactor((factor) => latest(one[factor], other[factor]));
}

// The later of two proofs; null: there is none.
export function latest(
  one: Instant | null | undefined,
  other: Instant | null | undefined,
): Instant | null {
  if (!isProved(one) || !isProved(other)) return one ?? other ?? null;
  return Math.max(one, other);
}

// The same proofs as if they were made at that instant.
export function provedAt(proved: Proved, at: Instant): Proved {
  return eachFactor((factor) => (isProved(proved[factor]) ? at : null));
}

// What was proved at that instant or later: a proof that is older than the user's last change of
// credentials, of the phone above all, proves nothing any more.
export function provedSince(proved: Proved, since: Instant): Proved {
  return keepOf(proved, (at) => at >= since);
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
  return keepOf(session, (at) => now - at <= maxAgeSeconds * 1000);
}

// Proofs from stored data: what is not clearly an instant was not proved.
export function readProved(value: unknown): Proved {
  const stored = typeof value === "object" && value !== null ? value : {};
  return eachFactor((factor) => {
    const at: unknown = Reflect.get(stored, factor);
    return typeof at === "number" ? at : null;
  });
}

const FACTORS = ["pwd", "sms", "otp"] as const satisfies readonly Factor[];

function isProved(at: Instant | null | undefined): at is Instant {
  return at !== null && at !== undefined;
}

function keepOf(proved: Proved, counts: (at: Instant) => boolean): Proved {
  return eachFactor((factor) => {
    const at = proved[factor];
    return isProved(at) && counts(at) ? at : null;
  });
}

// A recovery code is mentioned where one was used.
function eachFactor(at: (factor: Factor) => Instant | null): Proved {
  const otp = at("otp");
  return { pwd: at("pwd"), sms: at("sms"), ...(otp !== null && { otp }) };
}
