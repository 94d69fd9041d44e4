// Whose page it is: the user of the engine's session, if an authorization request of the built-in application would
// be answered for it without a question.
import type { Context } from "koa";
import type { Provider } from "oidc-provider";
import { ACCOUNT_CLIENT_ID } from "../domain/account-application.ts";
import { NOTHING_PROVED } from "../domain/factors.ts";
import { NO_ACR_REQUESTED } from "../domain/requested-acr.ts";
import type { User } from "../domain/user.ts";
import { decideSecondStep } from "../flow/second-step.ts";
import type { SignInRequest } from "../flow/sign-in.ts";
import { isAlive, signedInAtOf } from "./accounts.ts";
import { isPastItsEnd, type PolicyDeps } from "./policy.ts";
import { factsOf } from "./session-facts.ts";

export interface AccountVisitor {
  readonly user: User;
  // Of the session; it survives the rotation of its id, and does not open it.
  readonly sessionUid: string;
}

// Null: nobody is signed in with this browser, or not well enough by the rules as they are now. Nothing is written.
export async function findAccountVisitor(
  deps: PolicyDeps,
  provider: Provider,
  ctx: Context,
): Promise<AccountVisitor | null> {
  const session = await provider.Session.get(ctx as never);
  const facts = factsOf(session);
  if (facts === null || isPastItsEnd(facts, deps)) return null;
  const user = await deps.storage.users.find(facts.userId);
  if (user === null || !isAlive(user, signedInAtOf(session))) return null;

  const request: SignInRequest = {
    kind: "step-up",
    clientId: ACCOUNT_CLIENT_ID,
    acr: NO_ACR_REQUESTED,
    freshLogin: false,
    maxAgeSeconds: null,
    session: facts,
    uiLocales: null,
  };
  const question = { request, sourceId: "password", proved: NOTHING_PROVED, user };
  const decision = await decideSecondStep(deps, question);
  return decision.need === "none" ? { user, sessionUid: session.uid } : null;
}
