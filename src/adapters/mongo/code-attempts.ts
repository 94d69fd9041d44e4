// Counting an attempt at a code, on the challenge and on its user, before the code is looked at. Both counts
// lie in the user's document, so that one conditional write counts both or none.
import { countFactorAttempt, factorIsOff, factorLockedUntil } from "../../domain/attempt-budget.ts";
import { judgeChallenge } from "../../domain/challenge.ts";
import { type Answer, awaitsAnswerUntil, type Interaction } from "../../domain/interaction.ts";
import type { Instant } from "../../domain/time.ts";
import type { User } from "../../domain/user.ts";
import type { Vault } from "../../domain/vault.ts";
import type { AttemptCounted, InteractionStore } from "../../ports/interactions.ts";
import { type Change, changeDocument } from "./change.ts";
import type { Scope } from "./database.ts";
import type { UserDocument } from "./documents.ts";
import { attemptsKey, findInteractionDocument, interactionFrom } from "./interaction-documents.ts";
import { factorFields, userFrom } from "./user-documents.ts";

interface CodeAttempt {
  readonly uid: string;
  readonly now: Instant;
  readonly limits: Parameters<InteractionStore["countAttempt"]>[2];
  readonly answer: Answer;
}

interface Waiting {
  readonly interaction: Interaction;
  // How long it waits for the answer.
  readonly until: Instant;
  // Under what its attempts are counted at the user.
  readonly key: string;
}

export async function countCodeAttempt(
  scope: Scope,
  vault: Vault,
  attempt: CodeAttempt,
): Promise<AttemptCounted> {
  const { uid, now } = attempt;
  const document = await findInteractionDocument(scope, vault, uid, now);
  if (document === null) return { outcome: "not-due", interaction: null };
  const interaction = interactionFrom(vault, uid, document);
  const userId = interaction.state?.userId ?? null;
  const until = awaitsAnswerUntil(interaction, attempt.answer);
  if (userId === null || until === null) return { outcome: "not-due", interaction };
  const waiting = { interaction, until, key: attemptsKey(document) };
  const { said } = await changeDocument(scope, scope.models.users, userId, (found) =>
    countOn(found, userFrom(vault, found), waiting, attempt),
  );
  return said;
}

function countOn(
  found: UserDocument | null,
  user: User | null,
  { interaction, until, key }: Waiting,
  { now, limits }: CodeAttempt,
): Change<UserDocument, AttemptCounted> {
  if (found === null || user?.status !== "active") {
    return { keep: { outcome: "not-due", interaction } };
  }
  const before = found.codeAttempts.find((each) => each.key === key)?.count ?? 0;
  const seen = { ...interaction, attempts: before };

  // "Off" first: it has no end, and a lock has one.
  if (factorIsOff(user.factorAttempts, limits)) {
    return { keep: { outcome: "locked", interaction: seen, retryAt: null } };
  }
  const retryAt = factorLockedUntil(user.factorAttempts, now);
  if (retryAt !== null) return { keep: { outcome: "locked", interaction: seen, retryAt } };

  const verdict = judgeChallenge({ expiresAt: until }, before, now, limits);
  if (verdict.outcome === "dead") {
    return { keep: { outcome: "dead", interaction: seen, because: verdict.because } };
  }

  const factorAttempts = countFactorAttempt(user.factorAttempts, now, limits);
  // Those of interactions that are over are forgotten on the way.
  const others = found.codeAttempts.filter((each) => each.key !== key && each.until > now);
  const own = { key, count: before + 1, until: interaction.expiresAt };
  return {
    put: { ...found, ...factorFields(factorAttempts), codeAttempts: [...others, own] },
    say: {
      outcome: "counted",
      interaction: { ...interaction, attempts: before + 1 },
      user: { ...user, factorAttempts },
    },
  };
}
