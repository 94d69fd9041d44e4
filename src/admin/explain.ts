// Why somebody is asked for a second step, or is not: the decision of the sign-in, with its trace.
import { ACCOUNT_CLIENT_ID } from "../domain/account-application.ts";
import {
  type AcrValues,
  NOTHING_PROVED,
  type Proved,
  provedForRequest,
  readProved,
} from "../domain/factors.ts";
import { decideMfa, type MfaDecision } from "../domain/mfa-decision.ts";
import { mfaQuestion } from "../domain/mfa-question.ts";
import { requestedAcr } from "../domain/requested-acr.ts";
import type { User } from "../domain/user.ts";
import { readApplication } from "./applications.ts";
import type { AdminDeps } from "./deps.ts";
import { AdminError } from "./errors.ts";
import { requireSource } from "./rules.ts";
import { readUser } from "./users.ts";

export interface ExplainQuestion {
  readonly client: string;
  // An id or any login name.
  readonly user: string;
  readonly source: string;
  // As in an authorization request: values with spaces between them.
  readonly acrValues?: string | undefined;
  // The uid of a session of this user, whose proofs then count.
  readonly session?: string | undefined;
}

// What this sign-in would need, decided exactly as the sign-in decides it, and nothing is changed.
// "not-found" for an unknown application, user, source or session.
export async function explain(
  deps: Pick<AdminDeps, "storage" | "now" | "limits"> & { readonly acr: AcrValues },
  question: ExplainQuestion,
): Promise<MfaDecision> {
  requireSource(question.source);
  const applicationId = await rulesIdOf(deps, question.client);
  const user = await readUser(deps, question.user);
  const proved = await provedBy(deps, question.session, user);
  const now = deps.now();
  const asked = { freshLogin: false, maxAgeSeconds: null };
  return decideMfa(
    mfaQuestion({
      request: requestedAcr({ acrValues: question.acrValues }, deps.acr),
      rules: await deps.storage.rules.find(applicationId),
      sourceId: question.source,
      upstreamDidIt: false,
      provedForRequest: provedForRequest(proved, asked, now),
      user,
      now,
      limits: deps.limits,
    }),
  );
}

// The user's own page has the global rules, and is in no store.
async function rulesIdOf(deps: Pick<AdminDeps, "storage">, client: string): Promise<string | null> {
  return client === ACCOUNT_CLIENT_ID ? null : (await readApplication(deps, client)).id;
}

async function provedBy(
  deps: Pick<AdminDeps, "storage" | "now">,
  sessionUid: string | undefined,
  user: User,
): Promise<Proved> {
  if (sessionUid === undefined) return NOTHING_PROVED;
  const session = await deps.storage.records.findSessionByUid(sessionUid, deps.now());
  if (session === null) throw new AdminError("not-found", "There is no session with this uid.");
  if (session.accountId !== user.id) {
    throw new AdminError("usage", "The session is not one of this user.");
  }
  const proved = readProved(session.proved);
  if (Math.max(proved.pwd ?? 0, proved.sms ?? 0, proved.otp ?? 0) < user.credentialsChangedAt) {
    throw new AdminError("not-found", "The session ended when the user's credentials changed.");
  }
  return proved;
}
