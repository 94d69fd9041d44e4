// A wrong code, by text or from paper: the event, and what its owner hears of it.
import { guessDigest } from "../domain/code.ts";
import type { InteractionState } from "../domain/interaction.ts";
import { mailsTo, noticeOfWrongCode } from "../domain/mail.ts";
import type { Instant } from "../domain/time.ts";
import type { AttemptCounted } from "../ports/interactions.ts";
import { auditStep, markTest } from "./audit-trail.ts";
import type { FlowDeps, SignIn } from "./sign-in.ts";

type Counted = Extract<AttemptCounted, { outcome: "counted" }>;

// By what the store knows that the same was typed again at the same challenge.
export function guessOf(
  { codeKeys: [key] }: Pick<FlowDeps, "codeKeys">,
  { challenge }: InteractionState,
  typed: string,
): string {
  if (key === undefined) throw new Error("no key to make a digest with");
  return guessDigest(typed, challenge?.id ?? "", key.key);
}

// Writes it down, unless it was when the same was typed before. When its owner is to hear of it too, the event and the mail are written together.
export async function noteWrongCode(
  deps: FlowDeps,
  signIn: SignIn,
  counted: Counted,
  wrong: { readonly because: "wrong-code" | "wrong-recovery-code"; readonly at: Instant },
): Promise<void> {
  if (counted.isRepeated) return;
  const { user, interaction } = counted;
  const { because, at } = wrong;
  const { inARow } = user.factorAttempts;
  const details = { because, attempt: interaction.attempts, inARow };
  const rejected = auditStep(signIn.request, user.id, "code-rejected", at, details);
  const event = markTest(rejected, interaction.state?.challenge);
  const notice = noticeOfWrongCode(user.factorAttempts, deps.limits);
  const mails = mailsTo(user, notice, {
    ...{ id: deps.newId(), at },
    ...{ language: signIn.language, origin: signIn.origin },
  });
  if (mails.length > 0) {
    const noted = await deps.storage.users.note(user.id, event, mails);
    if (noted === "noted") return;
  }
  await deps.storage.audit.append([event]);
}
