// Counting an attempt at a code, on the challenge and on its user, before the code is looked at. Both counts
// lie in the user's document, so that one conditional write counts both or none.
import { type CodeAttemptLimits, judgeCodeAttempt } from "../../domain/code-attempt.ts";
import { awaitsAnswerUntil, type Interaction, type TypedAnswer } from "../../domain/interaction.ts";
import type { Instant } from "../../domain/time.ts";
import type { User } from "../../domain/user.ts";
import type { Vault } from "../../domain/vault.ts";
import type { AttemptCounted } from "../../ports/interactions.ts";
import { type Change, changeDocument } from "./change.ts";
import type { Scope } from "./database.ts";
import type { UserDocument } from "./documents.ts";
import { attemptsKey, findInteractionDocument, interactionFrom } from "./interaction-documents.ts";
import { factorFields, userFrom } from "./user-documents.ts";

interface CodeAttempt {
  readonly uid: string;
  readonly now: Instant;
  readonly limits: CodeAttemptLimits;
  readonly typed: TypedAnswer;
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
  const until = awaitsAnswerUntil(interaction, attempt.typed.answer);
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
  { now, limits, typed }: CodeAttempt,
): Change<UserDocument, AttemptCounted> {
  if (found === null || user?.status !== "active") {
    return { keep: { outcome: "not-due", interaction } };
  }
  const { count = 0, guesses = [] } = found.codeAttempts.find((each) => each.key === key) ?? {};
  const seen = { ...interaction, attempts: count };
  const verdict = judgeCodeAttempt(
    {
      before: { count, guesses },
      factorAttempts: user.factorAttempts,
      expiresAt: until,
      guess: typed.guess,
    },
    now,
    limits,
  );
  switch (verdict.outcome) {
    case "locked":
    case "dead":
      return { keep: { ...verdict, interaction: seen } };
    case "repeated":
      return { keep: { outcome: "counted", interaction: seen, user, isRepeated: true } };
    case "counted":
      break;
  }
  const { attempts, factorAttempts } = verdict;
  // Those of interactions that are over are forgotten on the way.
  const others = found.codeAttempts.filter((each) => each.key !== key && each.until > now);
  const own = { key, ...attempts, until: interaction.expiresAt };
  return {
    put: { ...found, ...factorFields(factorAttempts), codeAttempts: [...others, own] },
    say: {
      outcome: "counted",
      interaction: { ...interaction, attempts: attempts.count },
      user: { ...user, factorAttempts },
      isRepeated: false,
    },
  };
}
