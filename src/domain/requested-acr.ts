// What an authorization request asks of the strength of the sign-in: acr_values, and the claim acr
// of the claims parameter (OpenID Connect Core, 3.1.2.1 and 5.5.1.1).
import type { AcrValues } from "./factors.ts";

export interface RequestedAcr {
  // "unsupported": only values that nobody here can give.
  readonly level: "none" | "single" | "multi" | "unsupported";
  readonly essential: boolean;
}

export const NO_ACR_REQUESTED: RequestedAcr = { level: "none", essential: false };

// Reads a request's wish. An essential claim counts before acr_values, and of several values the
// first supported one. Voluntary values that are not supported are ignored.
export function requestedAcr(
  request: { readonly acrValues?: string | undefined; readonly claims?: unknown },
  acr: AcrValues,
): RequestedAcr {
  const claim = acrClaim(request.claims);
  if (claim?.essential && claim.values.length > 0) {
    return { level: levelOf(claim.values, acr) ?? "unsupported", essential: true };
  }
  const values = request.acrValues?.split(" ").filter(Boolean) ?? claim?.values ?? [];
  return { level: levelOf(values, acr) ?? "none", essential: false };
}

function levelOf(values: readonly string[], acr: AcrValues): "single" | "multi" | null {
  for (const value of values) {
    if (value === acr.multi) return "multi";
    if (value === acr.single) return "single";
  }
  return null;
}

function acrClaim(claims: unknown): { essential: boolean; values: string[] } | null {
  const claim = member(member(claims, "id_token"), "acr");
  if (claim === undefined || claim === null) return null;
  const value = member(claim, "value");
  const values = member(claim, "values");
  const all = [value, ...(Array.isArray(values) ? values : [])];
  return {
    essential: member(claim, "essential") === true,
    values: all.filter((each) => typeof each === "string"),
  };
}

function member(of: unknown, name: string): unknown {
  if (typeof of !== "object" || of === null || !Object.hasOwn(of, name)) return undefined;
  return Reflect.get(of, name);
}
