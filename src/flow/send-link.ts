// Mailing the link that has to be opened before a first phone is bound: everything that counts it and everything
// that may refuse it. The mail goes out by the queue, so nobody waits for a mail server here.
import {
  type BindingLink,
  judgeLinkSend,
  type LinkCap,
  linkBudgets,
} from "../domain/binding-link.ts";
import type { InteractionState } from "../domain/interaction.ts";
import { mailsTo } from "../domain/mail.ts";
import type { MailAddress } from "../domain/mail-header.ts";
import type { Instant } from "../domain/time.ts";
import type { User } from "../domain/user.ts";
import type { MoveEffects } from "../ports/interactions.ts";
import { auditStep } from "./audit-trail.ts";
import { type FlowDeps, OUT_OF_ORDER, type SignIn } from "./sign-in.ts";

export type LinkOutcome =
  | { readonly outcome: "moved"; readonly state: InteractionState }
  | typeof OUT_OF_ORDER
  | LinkRefused;

interface LinkRefused {
  readonly outcome: "link-refused";
  readonly because: LinkCap;
  // Null: not in this sign-in.
  readonly retryAt: Instant | null;
}

// The link to mail: the one that was mailed before, so that a mail that arrives late still works, unless it went
// elsewhere, was used, or its key has gone. What was counted in this interaction goes on counting.
export function linkToSend(
  deps: Pick<FlowDeps, "linkKeys" | "newId">,
  before: BindingLink | null,
  address: MailAddress,
): BindingLink {
  const [key] = deps.linkKeys;
  if (key === undefined) throw new Error("no key to compute links with");
  const { sends, lastSentAt, attempts } = before ?? { sends: 0, lastSentAt: null, attempts: 0 };
  const repeats =
    before?.address === address &&
    before.confirmedAt === null &&
    deps.linkKeys.some(({ id }) => id === before.keyId);
  const { id, keyId } = repeats ? before : { id: deps.newId(), keyId: key.id };
  const isMailed = repeats && before.isMailed;
  const open = { confirmedAt: null, unsent: null };
  return { id, keyId, address, isMailed, sends, lastSentAt, attempts, ...open };
}

// Stores the state with its link, counting the mail first and queueing it in the same move.
export async function moveAndMail(
  deps: FlowDeps,
  signIn: SignIn,
  move: {
    readonly state: InteractionState;
    readonly user: User;
    // As it was before this mail.
    readonly link: BindingLink;
    readonly effects?: MoveEffects;
  },
): Promise<LinkOutcome> {
  const { interaction, request, language } = signIn;
  const { user, link } = move;
  const now = deps.now();
  const verdict = judgeLinkSend(link, now, deps.limits);
  if (verdict.outcome === "link-refused") return refused(deps, signIn, user, verdict);

  const mailed = { ...link, isMailed: true, sends: link.sends + 1, lastSentAt: now };
  const state = { ...move.state, link: mailed };
  const notice = {
    kind: "binding-link",
    uid: interaction.uid,
    linkId: link.id,
    keyId: link.keyId,
    worksUntil: interaction.expiresAt,
  } as const;
  const moved = await deps.storage.interactions.move({
    uid: interaction.uid,
    now,
    from: { version: interaction.version },
    to: state,
    resetAttempts: true,
    effects: {
      ...move.effects,
      link: { budgets: linkBudgets(user.id, deps.limits) },
      audit: [
        ...(move.effects?.audit ?? []),
        auditStep(request, user.id, "binding-link-sent", now),
      ],
      mails: [
        ...(move.effects?.mails ?? []),
        ...mailsTo(user, notice, { id: deps.newId(), language, at: now, origin: signIn.origin }),
      ],
    },
  });
  if (moved.outcome === "link-refused") return refused(deps, signIn, user, moved);
  return moved.outcome === "moved" ? { outcome: "moved", state } : OUT_OF_ORDER;
}

// Having to wait is no refusal, and whoever does not wait would fill the log.
async function refused(
  deps: FlowDeps,
  { request }: SignIn,
  user: User,
  refusal: LinkRefused,
): Promise<LinkRefused> {
  const { because } = refusal;
  if (because !== "link-gap") {
    const event = auditStep(request, user.id, "binding-link-refused", deps.now(), { because });
    await deps.storage.audit.append([event]);
  }
  return refusal;
}
