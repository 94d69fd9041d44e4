// How an accepted step is answered: on to the step that is due, or, when everything is proved, to where
// the engine goes on.
import type { InteractionState } from "../domain/interaction.ts";
import { type Instant, secondsUntil } from "../domain/time.ts";
import { returnToOf } from "../oidc/engine-record.ts";
import { keepDeviceId } from "./device-cookie.ts";
import { interactionPath, type Visit } from "./interaction-gate.ts";
import type { Web } from "./web.ts";

// 303, never 302 or 307: the browser must not post again what it posted here (RFC 9700, 4.12).
export function goOn(web: Web, visit: Visit, state: InteractionState): void {
  const { record, uid } = visit.signIn.interaction;
  if (hasSignedIn(state)) keepDeviceId(visit.ctx, visit.signIn.deviceId);
  visit.ctx.status = 303;
  visit.ctx.redirect(state.step === "done" ? returnToOf(record) : interactionPath(web, uid));
}

// A browser whose user gave up, or was refused, is not one that its user signs in with.
function hasSignedIn({ step, refusal, proved }: InteractionState): boolean {
  return step === "done" && refusal === null && (proved.pwd !== null || proved.sms !== null);
}

// Says when to come back (RFC 9110, 10.2.3).
export function setRetryAfter(web: Web, visit: Visit, retryAt: Instant): void {
  visit.ctx.set("Retry-After", String(secondsUntil(retryAt, web.flow.now())));
}

// When it is worth asking again: a factor that is off for good ends no sooner than a lock.
export function lockEndsAt(web: Web, retryAt: Instant | null): Instant {
  return retryAt ?? web.flow.now() + web.flow.limits.lockSeconds * 1000;
}

// Draws a page of an interaction with a status.
export function draw(visit: Visit, status: number, html: string): void {
  visit.ctx.status = status;
  visit.ctx.type = "html";
  visit.ctx.body = html;
}
