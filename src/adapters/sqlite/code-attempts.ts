// Counting an attempt at a code, on the challenge and on its user, before the code is looked at.
import {
  type CodeAttemptLimits,
  type CodeAttempts,
  judgeCodeAttempt,
} from "../../domain/code-attempt.ts";
import { awaitsAnswerUntil, type TypedAnswer } from "../../domain/interaction.ts";
import type { Instant } from "../../domain/time.ts";
import type { User } from "../../domain/user.ts";
import type { Vault } from "../../domain/vault.ts";
import type { AttemptCounted } from "../../ports/interactions.ts";
import { interactionKey } from "../stored/interaction.ts";
import { findInteraction } from "./interaction-rows.ts";
import { type Sql, textIn } from "./sql.ts";
import { findUser, setFactorAttempts } from "./user-rows.ts";

interface CodeAttempt {
  readonly uid: string;
  readonly now: Instant;
  readonly limits: CodeAttemptLimits;
  readonly typed: TypedAnswer;
}

export function countCodeAttempt(sql: Sql, vault: Vault, attempt: CodeAttempt): AttemptCounted {
  const { uid, now, limits, typed } = attempt;
  const interaction = findInteraction(sql, vault, uid, now);
  const until = interaction === null ? null : awaitsAnswerUntil(interaction, typed.answer);
  if (interaction === null || until === null) return { outcome: "not-due", interaction };
  const user = findActiveUser(sql, vault, interaction.state?.userId ?? null);
  if (user === null) return { outcome: "not-due", interaction };

  const verdict = judgeCodeAttempt(
    {
      before: { count: interaction.attempts, guesses: guessesAt(sql, uid) },
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
      return { ...verdict, interaction };
    case "repeated":
      return { outcome: "counted", interaction, user, isRepeated: true };
    case "counted":
      break;
  }
  const { attempts, factorAttempts } = verdict;
  setFactorAttempts(sql, user.id, factorAttempts);
  writeAttempts(sql, uid, attempts);
  return {
    outcome: "counted",
    interaction: { ...interaction, attempts: attempts.count },
    user: { ...user, factorAttempts },
    isRepeated: false,
  };
}

function guessesAt(sql: Sql, uid: string): string[] {
  const row = sql.get("SELECT guesses FROM interactions WHERE key = ?", interactionKey(uid));
  return row === undefined ? [] : textIn(row, "guesses").split(" ").filter(Boolean);
}

function writeAttempts(sql: Sql, uid: string, { count, guesses }: CodeAttempts): void {
  const text = "UPDATE interactions SET attempts = ?, guesses = ? WHERE key = ?";
  sql.run(text, count, guesses.join(" "), interactionKey(uid));
}

function findActiveUser(sql: Sql, vault: Vault, id: string | null): User | null {
  const user = id === null ? null : findUser(sql, vault, id);
  return user?.status === "active" ? user : null;
}
