// Counting an attempt at a code, on the challenge and on its user, before the code is looked at.
import { countFactorAttempt, factorIsOff, factorLockedUntil } from "../../domain/attempt-budget.ts";
import { judgeChallenge } from "../../domain/challenge.ts";
import { type Answer, awaitsAnswerUntil } from "../../domain/interaction.ts";
import type { Instant } from "../../domain/time.ts";
import type { User } from "../../domain/user.ts";
import type { Vault } from "../../domain/vault.ts";
import type { AttemptCounted, InteractionStore } from "../../ports/interactions.ts";
import { interactionKey } from "../stored/interaction.ts";
import { findInteraction } from "./interaction-rows.ts";
import type { Sql } from "./sql.ts";
import { findUser, setFactorAttempts } from "./user-rows.ts";

interface CodeAttempt {
  readonly uid: string;
  readonly now: Instant;
  readonly limits: Parameters<InteractionStore["countAttempt"]>[2];
  readonly answer: Answer;
}

export function countCodeAttempt(sql: Sql, vault: Vault, attempt: CodeAttempt): AttemptCounted {
  const { uid, now, limits, answer } = attempt;
  const interaction = findInteraction(sql, vault, uid, now);
  const until = interaction === null ? null : awaitsAnswerUntil(interaction, answer);
  if (interaction === null || until === null) return { outcome: "not-due", interaction };
  const user = findActiveUser(sql, vault, interaction.state?.userId ?? null);
  if (user === null) return { outcome: "not-due", interaction };

  // "Off" first: it has no end, and a lock has one.
  if (factorIsOff(user.factorAttempts, limits)) {
    return { outcome: "locked", interaction, retryAt: null };
  }
  const retryAt = factorLockedUntil(user.factorAttempts, now);
  if (retryAt !== null) return { outcome: "locked", interaction, retryAt };

  const verdict = judgeChallenge({ expiresAt: until }, interaction.attempts, now, limits);
  if (verdict.outcome === "dead") {
    return { outcome: "dead", interaction, because: verdict.because };
  }

  const factorAttempts = countFactorAttempt(user.factorAttempts, now, limits);
  setFactorAttempts(sql, user.id, factorAttempts);
  sql.run("UPDATE interactions SET attempts = attempts + 1 WHERE key = ?", interactionKey(uid));
  return {
    outcome: "counted",
    interaction: { ...interaction, attempts: interaction.attempts + 1 },
    user: { ...user, factorAttempts },
  };
}

function findActiveUser(sql: Sql, vault: Vault, id: string | null): User | null {
  const user = id === null ? null : findUser(sql, vault, id);
  return user?.status === "active" ? user : null;
}
