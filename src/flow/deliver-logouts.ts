// Tells applications by the back channel that a session ended, beside the requests: a user who signs out waits for none
// of them, and several are told at once, so that one that does not answer holds up no other.
import type { AuditEvent } from "../domain/audit-event.ts";
import type { ClientLogout } from "../domain/client-logout.ts";
import type { Limits } from "../domain/limits.ts";
import { retryAt } from "../domain/mail.ts";
import type { Instant } from "../domain/time.ts";
import type { ClaimedLogout } from "../ports/mail.ts";
import type { Storage } from "../ports/storage.ts";
import { takeDue } from "./take-due.ts";

export type LogoutOutcome =
  | { readonly outcome: "told"; readonly url: string }
  // Worth another try.
  | { readonly outcome: "failed"; readonly url: string; readonly because: string }
  // There is no such application any more, or it does not want to be told.
  | { readonly outcome: "nobody-to-tell" };

export interface LogoutDeliveryDeps {
  readonly storage: Pick<Storage, "mails">;
  // Bounded in time; never throws for what an application does.
  readonly tell: (logout: ClientLogout) => Promise<LogoutOutcome>;
  readonly limits: Pick<Limits, "backchannelLogoutRetrySeconds">;
  readonly now: () => Instant;
  readonly onOutcome: (event: {
    readonly clientId: string;
    readonly url: string;
    readonly because: string | null;
    readonly attempts: number;
    readonly givenUp: boolean;
  }) => void;
}

// An attempt takes a few seconds at most.
const LEASE_SECONDS = 30;
const AT_ONCE = 10;

export async function deliverDueLogouts(
  deps: LogoutDeliveryDeps,
  logoutsMax: number,
  isOver: () => boolean,
): Promise<void> {
  const bounds = { max: Math.ceil(logoutsMax / AT_ONCE), isOver };
  const claim = () => deps.storage.mails.claimLogout(deps.now(), LEASE_SECONDS);
  const lane = () => takeDue(claim, (claimed) => deliver(deps, claimed), bounds);
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

async function deliver(deps: LogoutDeliveryDeps, claimed: ClaimedLogout): Promise<void> {
  const { mails } = deps.storage;
  const { logout, attempts } = claimed;
  const told = await deps.tell(logout);
  if (told.outcome === "nobody-to-tell") {
    await mails.markDelivered(claimed);
    return;
  }
  const now = deps.now();
  const failed = told.outcome === "failed";
  const again = failed ? retryAt(attempts, now, deps.limits.backchannelLogoutRetrySeconds) : null;
  const because = failed ? told.because : null;
  const { clientId } = logout;
  const givenUp = failed && again === null;
  deps.onOutcome({ clientId, url: told.url, because, attempts, givenUp });
  if (again !== null) await mails.markFailed(claimed, again);
  else if (!failed) await mails.markDelivered(claimed);
  else await mails.giveUp(claimed, auditGivenUp(claimed, told, now));
}

function auditGivenUp(
  { logout, attempts }: ClaimedLogout,
  { url, because }: { readonly url: string; readonly because: string },
  at: Instant,
): AuditEvent {
  return {
    at,
    actor: "system",
    action: "logout-given-up",
    target: `client:${logout.clientId}`,
    because,
    details: { userId: logout.userId, url, attempts },
  };
}
