// What we read of the engine's Interaction record and what we write into it. Everything else in it is
// the engine's business. It is data from the store: each member is checked before it is believed.

import { type AcrValues, type Proved, readProved } from "../domain/factors.ts";
import type { EngineRecord } from "../domain/interaction.ts";
import { NO_ACR_REQUESTED, requestedAcr } from "../domain/requested-acr.ts";
import type { Instant } from "../domain/time.ts";
import type { SessionFacts, SignInRequest, SignInResult } from "../flow/sign-in.ts";
import { isPhoneChange } from "./account-client.ts";

// What a change of phone asks for, whatever else the request says; and nothing that was proved before it counts.
export const BOTH_FACTORS = { level: "multi", essential: false } as const;

// What an interaction is about, for the steps of flow.
export function signInRequestOf(record: EngineRecord, acr: AcrValues): SignInRequest {
  const params = paramsOf(record);
  const kind = kindOf(record);
  const changesPhone = kind === "sign-in" && isPhoneChange(params);
  const freshLogin = changesPhone || (params.prompt ?? "").split(" ").includes("login");
  const maxAge = params.max_age === undefined ? null : Number(params.max_age);
  const claims = parseJson(params.claims);
  return {
    kind,
    clientId: params.client_id ?? "",
    changesPhone,
    acr: changesPhone ? BOTH_FACTORS : acrOf(params, claims, acr),
    freshLogin,
    maxAgeSeconds: maxAge !== null && Number.isFinite(maxAge) ? maxAge : null,
    session: sessionOf(record),
    uiLocales: params.ui_locales ?? null,
  };
}

// The parameters of the authorization request, those that are strings.
export function paramsOf(record: EngineRecord): Readonly<Record<string, string | undefined>> {
  const params = objectOf(record.params);
  return Object.fromEntries(
    Object.entries(params).filter((entry): entry is [string, string] => {
      return typeof entry[1] === "string";
    }),
  );
}

// Where the browser goes when the interaction has ended; the engine's own address.
export function returnToOf(record: EngineRecord): string {
  if (typeof record.returnTo !== "string") throw new Error("an interaction without returnTo");
  return record.returnTo;
}

// When the engine takes the interaction for expired; null: it does not say.
export function endOf(record: EngineRecord): Instant | null {
  return typeof record.exp === "number" ? record.exp * 1000 : null;
}

// Whether the browser's session is another one than when the interaction began, as far as that matters: who was signed
// in is not any more, or somebody else than who has just signed in is now.
export function hasSessionChanged(
  record: EngineRecord,
  session: { readonly uid?: string; readonly accountId?: string | undefined } | undefined,
): boolean {
  const { uid } = objectOf(record.session);
  if (uid !== undefined) return uid !== session?.uid;
  const { accountId } = objectOf(objectOf(record.result).login);
  const signedIn = session?.accountId;
  return signedIn !== undefined && accountId !== undefined && signedIn !== accountId;
}

// The same authorization request, to be made again by whoever signs in now; null where it came by a way of its own
// (RFC 9126, RFC 9101, RFC 8628) that only the application can go again.
export function requestAgainOf(record: EngineRecord): URLSearchParams | null {
  if (
    record.deviceCode !== undefined ||
    record.parJti !== undefined ||
    stringsOf(record.trusted).length > 0
  )
    return null;
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(objectOf(record.params))) {
    for (const each of [value].flat()) if (typeof each === "string") params.append(name, each);
  }
  const prompts = new Set((params.get("prompt") ?? "").split(" ").filter(Boolean)).add("login");
  params.set("prompt", [...prompts].join(" "));
  return params;
}

// What the consent prompt found missing: scopes, of ours and of APIs, and claims to ask the user about.
export function missingConsentOf(record: EngineRecord): {
  readonly scopes: string[];
  readonly resources: [id: string, scopes: string[]][];
  readonly claims: string[];
} {
  const details = objectOf(objectOf(record.prompt).details);
  return {
    scopes: stringsOf(details.missingOIDCScope),
    resources: Object.entries(objectOf(details.missingResourceScopes)).map(([id, scopes]) => [
      id,
      stringsOf(scopes),
    ]),
    claims: stringsOf(details.missingOIDCClaims),
  };
}

// The grant that the interaction began with, if any.
export function grantIdOf(record: EngineRecord): string | null {
  return typeof record.grantId === "string" ? record.grantId : null;
}

// The record with the result in it, as the engine reads it on resuming. What the session says of acr and
// amr is worked out there, from what was proved.
export function withResult(record: EngineRecord, result: SignInResult): EngineRecord {
  if (result.outcome === "refused") {
    return { ...record, result: { error: result.error, error_description: result.description } };
  }
  const { userId, proved, credentialsChangedAt, authTime } = result;
  return {
    ...record,
    result: {
      ...objectOf(record.lastSubmission),
      login: { accountId: userId, ...(authTime === null ? {} : { ts: authTime }) },
      mfa: { proved, credentialsChangedAt },
    },
  };
}

// The record with a consent in it.
export function withConsent(record: EngineRecord, grantId: string): EngineRecord {
  return {
    ...record,
    result: { ...objectOf(record.lastSubmission), consent: { grantId } },
  };
}

// What a result says was proved in its interaction.
export function provedOfResult(result: unknown): Proved {
  return readProved(objectOf(objectOf(result).mfa).proved);
}

// Since when proofs of that interaction's user count; where it does not say, none of before do.
export function credentialsChangedAtOfResult(result: unknown): number {
  const { credentialsChangedAt } = objectOf(objectOf(result).mfa);
  return typeof credentialsChangedAt === "number" ? credentialsChangedAt : Number.POSITIVE_INFINITY;
}

function acrOf(
  params: Readonly<Record<string, string | undefined>>,
  claims: unknown,
  acr: AcrValues,
): SignInRequest["acr"] {
  if (params.acr_values === undefined && claims === undefined) return NO_ACR_REQUESTED;
  return requestedAcr({ acrValues: params.acr_values, claims }, acr);
}

function kindOf(record: EngineRecord): SignInRequest["kind"] {
  switch (objectOf(record.prompt).name) {
    case "mfa":
      return "step-up";
    case "consent":
      return "consent";
    default:
      return "sign-in";
  }
}

// Our prompts hand the session's facts on in their details, since the engine's copy lacks its login time.
function sessionOf(record: EngineRecord): SessionFacts | null {
  const { session } = objectOf(objectOf(record.prompt).details);
  const { userId, proved, authTime } = objectOf(session);
  if (typeof userId !== "string" || typeof authTime !== "number") return null;
  return { userId, proved: readProved(proved), authTime };
}

function stringsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function parseJson(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
