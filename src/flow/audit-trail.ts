// The lines that sign-ins leave in the audit log.
import type { AuditAction, AuditEvent } from "../domain/audit-event.ts";
import type { Challenge } from "../domain/challenge.ts";
import { amrOf, type Proved } from "../domain/factors.ts";
import type { MfaDecision } from "../domain/mfa-decision.ts";
import type { Instant } from "../domain/time.ts";
import type { SignInRequest } from "./sign-in.ts";

// A sign-in that ended, well or with a refusal, with every layer's verdict.
export function auditSignIn(
  request: SignInRequest,
  userId: string,
  decision: MfaDecision | null,
  proved: Proved,
  at: Instant,
  refusal: string | null = null,
): AuditEvent {
  return {
    at,
    actor: `user:${userId}`,
    action: refusal === null ? request.kind : `${request.kind}-refused`,
    target: `client:${request.clientId}`,
    because: refusal ?? decision?.because ?? null,
    details: {
      amr: amrOf(proved),
      ...(decision === null ? {} : { need: decision.need, layers: decision.layers }),
    },
  };
}

// Something that happened to a user on the way.
export function auditStep(
  request: SignInRequest,
  userId: string,
  action: AuditAction,
  at: Instant,
  details: AuditEvent["details"] & { readonly because?: string } = {},
): AuditEvent {
  const { because, ...rest } = details;
  return {
    at,
    actor: `user:${userId}`,
    action,
    target: `client:${request.clientId}`,
    because: because ?? null,
    details: rest,
  };
}

// The event with the name of the test number whose fixed code it is about, if it is about one.
export function markTest(
  event: AuditEvent,
  challenge: Pick<Challenge, "testNumber"> | null | undefined,
): AuditEvent {
  if (!challenge?.testNumber) return event;
  return { ...event, details: { ...event.details, testNumber: challenge.testNumber.name } };
}
