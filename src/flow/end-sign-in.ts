// A sign-in ends well: what goes with the move that ends it, whichever step was the last.
import type { AuditEvent } from "../domain/audit-event.ts";
import type { Proved } from "../domain/factors.ts";
import type { EngineRecord, InteractionState } from "../domain/interaction.ts";
import type { Instant } from "../domain/time.ts";
import type { User } from "../domain/user.ts";
import type { MoveEffects } from "../ports/interactions.ts";
import type { Queued } from "../ports/mail.ts";
import { auditSignIn } from "./audit-trail.ts";
import { deviceEffects } from "./device-notice.ts";
import type { FlowDeps, SignIn } from "./sign-in.ts";

// What is written down and what is told. Both are lists, so that a step can add to them.
export interface Told {
  readonly audit: readonly AuditEvent[];
  readonly mails: readonly Queued[];
}

export interface SignInEnd {
  readonly record: EngineRecord;
  readonly effects: Told & Pick<MoveEffects, "device">;
}

// The engine's record with its result, the line in the audit log, and what the user hears of a new browser.
export async function signInEnd(
  deps: FlowDeps,
  signIn: SignIn,
  ended: {
    readonly user: User;
    readonly proved: Proved;
    readonly decision: InteractionState["decision"];
    readonly now: Instant;
  },
): Promise<SignInEnd> {
  const { request, interaction } = signIn;
  const { user, proved, decision, now } = ended;
  // A step-up keeps the time of its session, unless the password was typed in it.
  const keepsTime = request.kind === "step-up" && proved.pwd === null;
  const record = deps.withResult(interaction.record, {
    outcome: "signed-in",
    userId: user.id,
    proved,
    credentialsChangedAt: user.credentialsChangedAt,
    authTime: keepsTime ? (request.session?.authTime ?? null) : null,
  });
  const audit = [auditSignIn(request, user.id, decision, proved, now)];
  return { record, effects: { audit, ...(await deviceEffects(deps, signIn, user, now)) } };
}
