// Grants: what an application may have of a user. Trusted applications are granted what they ask for,
// the others what the user consents to.
import type { Grant, KoaContextWithOIDC, Provider } from "oidc-provider";
import type { EngineRecord } from "../domain/interaction.ts";
import type { Storage } from "../ports/storage.ts";
import { grantIdOf, missingConsentOf, paramsOf } from "./engine-record.ts";

// The grant of this request; undefined lets the engine ask for consent.
export async function loadExistingGrant(
  storage: Pick<Storage, "applications">,
  ctx: KoaContextWithOIDC,
): Promise<Grant | undefined> {
  const { client, session, provider, result, account } = ctx.oidc;
  if (client === undefined || account === undefined) return undefined;

  const grantId = result?.consent?.grantId ?? session?.grantIdFor(client.clientId);
  const existing = grantId === undefined ? undefined : await provider.Grant.find(grantId);
  const usable = existing?.accountId === account.accountId ? existing : undefined;
  const application = await storage.applications.find(client.clientId);
  if (application === null || application.consent) return usable;

  const grant =
    usable ?? new provider.Grant({ accountId: account.accountId, clientId: client.clientId });
  if (usable === undefined || lacksSomething(grant, ctx)) {
    grantEverything(grant, ctx);
    await grant.save();
  }
  return grant;
}

// A grant of what the consent page showed, on top of what was granted before. Resolves with its id.
export async function grantConsent(
  provider: Provider,
  record: EngineRecord,
  userId: string,
): Promise<string> {
  const clientId = paramsOf(record).client_id ?? "";
  const known = grantIdOf(record);
  const existing = known === null ? undefined : await provider.Grant.find(known);
  const usable = existing?.accountId === userId && existing.clientId === clientId;
  const grant = usable ? existing : new provider.Grant({ accountId: userId, clientId });
  const missing = missingConsentOf(record);
  if (missing.scopes.length > 0) grant.addOIDCScope(missing.scopes.join(" "));
  if (missing.claims.length > 0) grant.addOIDCClaims(missing.claims);
  for (const [id, scopes] of missing.resources) grant.addResourceScope(id, scopes.join(" "));
  return grant.save();
}

function lacksSomething(grant: Grant, ctx: KoaContextWithOIDC): boolean {
  const scopes = new Set(grant.getOIDCScopeEncountered().split(" "));
  const claims = new Set(grant.getOIDCClaimsEncountered());
  return (
    [...ctx.oidc.requestParamOIDCScopes].some((scope) => !scopes.has(scope)) ||
    [...ctx.oidc.requestParamClaims].some((claim) => !claims.has(claim)) ||
    Object.entries(ctx.oidc.resourceServers ?? {}).some(([id, server]) => {
      const granted = new Set(grant.getResourceScope(id).split(" "));
      return server.scope?.split(" ").some((scope) => !granted.has(scope));
    })
  );
}

function grantEverything(grant: Grant, ctx: KoaContextWithOIDC): void {
  const scopes = [...ctx.oidc.requestParamOIDCScopes];
  const claims = [...ctx.oidc.requestParamClaims];
  if (scopes.length > 0) grant.addOIDCScope(scopes.join(" "));
  if (claims.length > 0) grant.addOIDCClaims(claims);
  for (const [id, server] of Object.entries(ctx.oidc.resourceServers ?? {})) {
    grant.addResourceScope(id, server.scope ?? "");
  }
}
