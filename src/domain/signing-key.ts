// The keys that sign tokens: published before they sign, kept until the last token is out.
import type { Limits } from "./limits.ts";
import { addSeconds, type Instant } from "./time.ts";

export interface SigningKey {
  readonly kid: string;
  readonly alg: "RS256" | "ES256";
  // The private JSON Web Key (RFC 7517). It never leaves the server.
  readonly jwk: Readonly<Record<string, unknown>>;
  readonly createdAt: Instant;
  // From when on it signs. Until then it is only published, so that relying parties that cache the
  // key set know it by then.
  readonly signsFrom: Instant;
}

// The keys to publish at an instant, those that sign first: of each algorithm the newest that may
// sign already, then all the others that are yet to sign or that live tokens may still name, the
// id_token_hint of a living session among them.
export function keysInUse(
  keys: readonly SigningKey[],
  now: Instant,
  limits: Pick<Limits, "accessTokenLifeSeconds" | "idTokenLifeSeconds" | "sessionAbsoluteSeconds">,
): SigningKey[] {
  const newestFirst = keys.toSorted((a, b) => b.signsFrom - a.signsFrom);
  const signing = firstOfEachAlg(newestFirst.filter((key) => key.signsFrom <= now));
  const tokenLife =
    limits.sessionAbsoluteSeconds +
    Math.max(limits.accessTokenLifeSeconds, limits.idTokenLifeSeconds);
  const others = newestFirst.filter((key) => {
    if (signing.includes(key)) return false;
    if (key.signsFrom > now) return true;
    const successor = newestFirst.findLast((k) => k.alg === key.alg && k.signsFrom > key.signsFrom);
    return successor === undefined || addSeconds(successor.signsFrom, tokenLife) > now;
  });
  return [...signing, ...others];
}

// When the answer of keysInUse changes next because a published key begins to sign; null: never.
export function nextKeyChangeAt(keys: readonly SigningKey[], now: Instant): Instant | null {
  const waiting = keys.map((key) => key.signsFrom).filter((at) => at > now);
  return waiting.length === 0 ? null : Math.min(...waiting);
}

function firstOfEachAlg(keys: readonly SigningKey[]): SigningKey[] {
  return keys.filter((key, i) => keys.findIndex((other) => other.alg === key.alg) === i);
}
