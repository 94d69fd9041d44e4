// Whose page it is: the user of the engine's session, if an authorization request of the built-in application would
// be answered for it without a question.
import type { Context } from "koa";
import type { Provider } from "oidc-provider";
import { ACCOUNT_CLIENT_ID } from "../domain/account-application.ts";
import { NOTHING_PROVED, type Proved, provedAt, provedSince } from "../domain/factors.ts";
import type { Refusal } from "../domain/interaction.ts";
import type { MfaDecision } from "../domain/mfa-decision.ts";
import { NO_ACR_REQUESTED } from "../domain/requested-acr.ts";
import { addSeconds, type Instant } from "../domain/time.ts";
import type { User } from "../domain/user.ts";
import { findChangeBar } from "../flow/phone-change.ts";
import { decideSecondStep } from "../flow/second-step.ts";
import type { SessionFacts, SignInRequest } from "../flow/sign-in.ts";
import { isAlive, signedInAtOf } from "./accounts.ts";
import { BOTH_FACTORS } from "./engine-record.ts";
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

  const visitor = { user, sessionUid: session.uid };
  const now = deps.now();
  const proved = justProved(facts, user, now);
  const decision = await decide(
    { ...deps, now: () => now },
    user,
    { ...A_VISIT, session: facts },
    proved,
  );
  return decision.need === "none" ? visitor : null;
}

// An application that was answered goes on by itself for a while. So does the page, for a minute: where the rules want a
// code each time, it could not be shown at all. Within it both factors count as proved now, as in the policy; a recovery
// code does not.
const JUST_PROVED_SECONDS = 60;

function justProved({ proved }: SessionFacts, user: User, now: Instant): Proved {
  const since = Math.max(user.credentialsChangedAt, addSeconds(now, -JUST_PROVED_SECONDS));
  const { pwd, sms } = provedSince(proved, since);
  return pwd !== null && sms !== null ? provedAt({ pwd, sms }, now) : NOTHING_PROVED;
}

// Why this user may neither bind a first phone nor replace the one that is there; null: the sign-in in which it is done
// would not refuse it.
export async function findPhoneBar(deps: PolicyDeps, user: User): Promise<Refusal | null> {
  const request = { ...A_VISIT, changesPhone: true, acr: BOTH_FACTORS, freshLogin: true };
  const decision = await decide(deps, user, request);
  if (decision.need === "refuse") return decision.because;
  return findChangeBar(deps, request, user);
}

const A_VISIT: SignInRequest = {
  kind: "step-up",
  clientId: ACCOUNT_CLIENT_ID,
  changesPhone: false,
  acr: NO_ACR_REQUESTED,
  freshLogin: false,
  maxAgeSeconds: null,
  session: null,
  uiLocales: null,
};

function decide(
  deps: PolicyDeps,
  user: User,
  request: SignInRequest,
  proved = NOTHING_PROVED,
): Promise<MfaDecision> {
  return decideSecondStep(deps, { request, sourceId: "password", proved, user });
}
