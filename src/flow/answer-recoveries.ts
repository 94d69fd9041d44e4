// Looks into requests for a link to recover an account, beside the requests of browsers: whose it is, whether they may
// have one, and where it goes. The link is kept with the user and its mail is queued in the same statement.
import type { AuditAction, AuditEvent } from "../domain/audit-event.ts";
import { maskAddress } from "../domain/binding-link.ts";
import type { Mail } from "../domain/mail.ts";
import {
  flagAfterPhoneChange,
  judgeRequest,
  mailBudget,
  type RecoveryReach,
  type RecoveryRefusal,
  type RecoveryRequest,
  recoveryFor,
} from "../domain/recovery.ts";
import type { User } from "../domain/user.ts";
import type { ClaimedRequest } from "../ports/mail.ts";
import type { FlowDeps } from "./sign-in.ts";
import { takeDue } from "./take-due.ts";

export type RecoveryDeps = Pick<FlowDeps, "storage" | "limits" | "recovery" | "linkKeys" | "now">;

// Nobody else takes a request while this process may still be at it.
const LEASE_SECONDS = 30;

// Who is changed under our hands so often is tried again later.
const ATTEMPTS_MAX = 5;
const AGAIN_MS = 5_000;

// Takes requests, one after the other, until there are none, so many were taken, or `isOver`.
export async function answerRecoveries(
  deps: RecoveryDeps,
  requestsMax: number,
  isOver: () => boolean,
): Promise<void> {
  const { mails } = deps.storage;
  const claim = () => mails.claimRecovery(deps.now(), LEASE_SECONDS);
  const work = async (claimed: ClaimedRequest) => {
    if (await answer(deps, claimed)) await mails.markDelivered(claimed);
    else await mails.markFailed(claimed, deps.now() + AGAIN_MS);
  };
  await takeDue(claim, work, { max: requestsMax, isOver });
}

// False: it could not be settled now.
async function answer(deps: RecoveryDeps, claimed: ClaimedRequest): Promise<boolean> {
  const { request } = claimed;
  const user = await deps.storage.users.findByLogin(request.login);
  if (user === null) return true;
  const reach = judged(deps, user, request);
  if (reach.outcome === "refused") return refuse(deps, user, reach.because);

  // Counted before the mail is made: whoever takes the request again counts it again, too much and never too little.
  const counted = await deps.storage.budgets.count([mailBudget(user.id, deps.limits)], deps.now());
  if (counted.outcome === "limited") return refuse(deps, user, "mail-cap");
  for (let i = 0, before: User | null = user; i < ATTEMPTS_MAX && before !== null; i++) {
    const settled = await mailLink(deps, before, request);
    if (settled) return true;
    before = await deps.storage.users.find(user.id);
  }
  return false;
}

// False: somebody else changed the user meanwhile.
async function mailLink(
  deps: RecoveryDeps,
  before: User,
  request: RecoveryRequest,
): Promise<boolean> {
  const reach = judged(deps, before, request);
  if (reach.outcome === "refused") return refuse(deps, before, reach.because);
  const [key] = deps.linkKeys;
  if (key === undefined) throw new Error("no key to compute links with");

  const { address } = reach;
  const recovery = recoveryFor(request, before, { address, keyId: key.id }, deps.limits);
  const after = { ...before, recovery, updatedAt: Math.max(deps.now(), before.updatedAt + 1) };
  const details = {
    to: maskAddress(address),
    emailVerified: before.emailVerified,
    ...flagAfterPhoneChange(before, deps.now(), deps.limits),
  };
  const event = auditOf(deps, before, "recovery-requested", { details });
  const mail = mailOf(before, request, recovery);
  return (await deps.storage.users.replace(before, after, event, [mail])) !== "stale";
}

function judged(deps: RecoveryDeps, user: User, request: RecoveryRequest): RecoveryReach {
  const { limits, recovery: policy } = deps;
  return judgeRequest(user, request, { now: deps.now(), policy, limits });
}

function mailOf(
  user: User,
  request: RecoveryRequest,
  { address, id, keyId, expiresAt }: NonNullable<User["recovery"]>,
): Mail {
  const notice = { kind: "recovery-link", linkId: id, keyId, worksUntil: expiresAt } as const;
  const { language, at } = request;
  // By the id of its request: queued twice, it goes out once.
  const mailId = `${request.id}-mail`;
  return { channel: "mail", id: mailId, userId: user.id, to: address, language, at, notice };
}

async function refuse(deps: RecoveryDeps, user: User, because: RecoveryRefusal): Promise<true> {
  await deps.storage.audit.append([auditOf(deps, user, "recovery-refused", { because })]);
  return true;
}

// Nobody knows who asked.
function auditOf(
  deps: Pick<RecoveryDeps, "now">,
  user: User,
  action: AuditAction,
  { because = null, details = {} }: Partial<Pick<AuditEvent, "because" | "details">>,
): AuditEvent {
  return {
    at: deps.now(),
    actor: "anonymous",
    action,
    target: `user:${user.id}`,
    because,
    details,
  };
}
