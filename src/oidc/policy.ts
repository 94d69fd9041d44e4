// Which prompt an authorization request needs, asked again on every request: that is what lets a stricter
// application demand a code from somebody who is already signed in.
import { errors, interactionPolicy, type KoaContextWithOIDC } from "oidc-provider";
import { type AcrValues, provedAt } from "../domain/factors.ts";
import type { Limits } from "../domain/limits.ts";
import type { MfaDecision } from "../domain/mfa-decision.ts";
import { type RequestedAcr, requestedAcr } from "../domain/requested-acr.ts";
import { addSeconds, type Instant } from "../domain/time.ts";
import type { User } from "../domain/user.ts";
import { decideSecondStep } from "../flow/second-step.ts";
import type { SessionFacts, SignInRequest } from "../flow/sign-in.ts";
import type { Storage } from "../ports/storage.ts";
import { userOf } from "./accounts.ts";
import {
  freshnessOf,
  leaveOutWhatCountsNot,
  provedNowOf,
  sessionFactsOf,
} from "./session-facts.ts";

const { Prompt, Check, base } = interactionPolicy;

export interface PolicyDeps {
  readonly storage: Storage;
  readonly limits: Limits;
  readonly acr: AcrValues;
  readonly now: () => Instant;
}

// The engine's policy with our second step between sign-in and consent.
export function signInPolicy(deps: PolicyDeps): interactionPolicy.DefaultPolicy {
  const policy = base();
  const login = policy.get("login");
  const consent = policy.get("consent");
  if (login === undefined || consent === undefined) throw new Error("the engine's policy changed");

  // The stock checks answer an unmet essential acr by asking for the password again.
  login.checks.remove("essential_acr");
  login.checks.remove("essential_acrs");
  login.checks.add(unsupportedAcr(deps), 0);
  login.checks.add(deadSession(deps));
  login.details = withSessionFacts(login.details);
  consent.details = withSessionFacts(consent.details);

  // Applications that an administrator registered are trusted, native ones as well.
  consent.checks.remove("native_client_prompt");

  policy.add(mfaPrompt(deps), 1);
  return policy;
}

// What the request asks of acr.
export function acrRequestOf(ctx: KoaContextWithOIDC, acr: AcrValues): RequestedAcr {
  const { acr_values: acrValues, claims } = ctx.oidc.params ?? {};
  return requestedAcr(
    {
      acrValues: typeof acrValues === "string" ? acrValues : undefined,
      claims: typeof claims === "string" ? JSON.parse(claims) : undefined,
    },
    acr,
  );
}

function mfaPrompt(deps: PolicyDeps): interactionPolicy.Prompt {
  const decide = memoize((ctx: KoaContextWithOIDC) => decideForSession(deps, ctx));
  return new Prompt(
    { name: "mfa" },
    (ctx) => ({ session: sessionFactsOf(ctx) }),
    // With prompt=none the first check that fails names the error. Where the request itself asked, that
    // is unmet_authentication_requirements.
    new Check(
      "acr_not_reached",
      "the requested authentication context class was not reached",
      "unmet_authentication_requirements",
      async (ctx) => {
        const decision = await decide(ctx);
        const essential = acrRequestOf(ctx, deps.acr).essential;
        if (decision.need === "refuse" && essential) throw unmet();
        return decision.need !== "none" && decision.because === "request-demands";
      },
    ),
    new Check(
      "second_factor",
      "a second factor is needed",
      "interaction_required",
      async (ctx) => (await decide(ctx)).need !== "none",
    ),
  );
}

async function decideForSession(deps: PolicyDeps, ctx: KoaContextWithOIDC): Promise<MfaDecision> {
  const user = userOf(ctx.oidc.account);
  const session = sessionFactsOf(ctx);
  // The login prompt comes first, so there is somebody; if not, nobody gets on.
  if (user === null || session === null) throw new errors.AccessDenied("nobody is signed in");

  // What was proved in the interaction that has just ended is new however long the way from its page was, or a rule that
  // wants a factor each time would want it for ever. The rules may have changed on that way, so they are asked again.
  const at = deps.now();
  const proved = provedAt(provedNowOf(ctx), at);
  const question = { request: requestOf(deps, ctx, session), sourceId: "password", proved, user };
  const decision = await decideSecondStep({ ...deps, now: () => at }, question);
  // Also where nothing is demanded: tokens say how somebody signed in.
  if (decision.need === "none" && mayCountNot(user, ctx.oidc.amr)) {
    const rules = await deps.storage.rules.find(question.request.clientId);
    leaveOutWhatCountsNot(ctx, { rules, user, acr: deps.acr });
  }
  return decision;
}

// A code to a phone that an administrator gave counts everywhere, so that nothing need be read.
function mayCountNot({ phone }: User, amr: readonly string[] | undefined): boolean {
  return amr?.includes("otp") === true || phone?.enrolment?.by !== "administrator";
}

function requestOf(
  deps: PolicyDeps,
  ctx: KoaContextWithOIDC,
  session: SignInRequest["session"],
): SignInRequest {
  return {
    kind: "step-up",
    clientId: ctx.oidc.client?.clientId ?? "",
    changesPhone: false,
    acr: acrRequestOf(ctx, deps.acr),
    ...freshnessOf(ctx),
    session,
    uiLocales: null,
  };
}

// An essential acr that nobody here can give ends at once.
function unsupportedAcr(deps: PolicyDeps): interactionPolicy.Check {
  return new Check("acr_unsupported", "the requested acr is not supported", (ctx) => {
    if (acrRequestOf(ctx, deps.acr).level === "unsupported") throw unmet();
    return Check.NO_NEED_TO_PROMPT;
  });
}

// A session whose user is gone or disabled, whose credentials have changed, or that has reached its
// absolute end, signs in again.
function deadSession(deps: PolicyDeps): interactionPolicy.Check {
  return new Check("session_dead", "the session is over", "login_required", (ctx) => {
    const session = sessionFactsOf(ctx);
    if (session === null) return Check.NO_NEED_TO_PROMPT;
    const dead = userOf(ctx.oidc.account) === null || isPastItsEnd(session, deps);
    return dead ? Check.REQUEST_PROMPT : Check.NO_NEED_TO_PROMPT;
  });
}

// Whether a session has reached its absolute end.
export function isPastItsEnd(
  { authTime }: Pick<SessionFacts, "authTime">,
  { limits, now }: Pick<PolicyDeps, "limits" | "now">,
): boolean {
  return addSeconds(authTime * 1000, limits.sessionAbsoluteSeconds) <= now();
}

function withSessionFacts(details: interactionPolicy.Prompt["details"]): typeof details {
  return async (ctx) => ({ ...(await details(ctx)), session: sessionFactsOf(ctx) });
}

function unmet(): Error {
  return new errors.UnmetAuthenticationRequirements(
    "the requested authentication context class could not be reached",
  );
}

// Several checks of one request ask for the same decision.
function memoize<T>(ask: (ctx: KoaContextWithOIDC) => Promise<T>) {
  const known = new WeakMap<object, Promise<T>>();
  return (ctx: KoaContextWithOIDC): Promise<T> => {
    const answer = known.get(ctx) ?? ask(ctx);
    known.set(ctx, answer);
    return answer;
  };
}
