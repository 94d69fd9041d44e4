// Whether a refresh token may go on under the rules as they are now: not where it was earned with less than they demand.
import { errors, type KoaContextWithOIDC } from "oidc-provider";
import { provedOfAmr } from "../domain/factors.ts";
import { decideMfa } from "../domain/mfa-decision.ts";
import { mfaQuestion } from "../domain/mfa-question.ts";
import { NO_ACR_REQUESTED } from "../domain/requested-acr.ts";
import { effectiveRules, type SecurityRules } from "../domain/security-rules.ts";
import { userOf } from "./accounts.ts";
import { LESS_THAN_DEMANDED } from "./grant-refusals.ts";
import type { PolicyDeps } from "./policy.ts";

type Deps = Omit<PolicyDeps, "acr">;

// Ends the family of a token that may not, and refuses it. Throws what the store throws: no answer never lets it go on.
export async function requireRulesMet(deps: Deps, ctx: KoaContextWithOIDC): Promise<void> {
  if (await areRulesMet(deps, ctx)) return;
  await endFamily(deps, ctx);
  throw new errors.InvalidGrant(LESS_THAN_DEMANDED);
}

// How old a factor is does not matter here: nobody is there who could show it again.
async function areRulesMet(
  { storage, limits, now }: Deps,
  { oidc }: KoaContextWithOIDC,
): Promise<boolean> {
  const user = userOf(oidc.account);
  const token = oidc.entities.RefreshToken;
  if (user === null || token === undefined || oidc.client === undefined) return false;
  const rules = await storage.rules.find(oidc.client.clientId);
  const mfa: Partial<SecurityRules["mfa"]> = effectiveRules(rules).mfa ?? {};
  if (mfa.refresh === "keep") return true;

  const at = now();
  const question = mfaQuestion({
    request: NO_ACR_REQUESTED,
    rules,
    sourceId: "password",
    upstreamDidIt: false,
    provedForRequest: provedOfAmr(token.amr, at),
    user,
    now: at,
    limits,
  });
  return decideMfa(question).need === "none";
}

// As after a token that was used twice: everything that came of the grant.
async function endFamily(
  { storage }: Pick<Deps, "storage">,
  ctx: KoaContextWithOIDC,
): Promise<void> {
  const { Grant: grant, RefreshToken: token } = ctx.oidc.entities;
  const grantId = token?.grantId;
  if (grantId === undefined) return;
  for (const model of ["RefreshToken", "AccessToken", "AuthorizationCode"]) {
    await storage.records.revokeByGrantId(model, grantId);
  }
  await grant?.destroy();
  ctx.oidc.provider.emit("grant.revoked", ctx, grantId);
}
