// What the store promises about interactions: one move is one atomic statement, with everything that it has
// effect on. The words of storage.ts hold here too.
import type { WindowBudget } from "../domain/attempt-budget.ts";
import type { AuditEvent } from "../domain/audit-event.ts";
import type { LinkBudget, LinkCap } from "../domain/binding-link.ts";
import type { CodeAttemptLimits } from "../domain/code-attempt.ts";
import type {
  EngineRecord,
  Interaction,
  InteractionState,
  TypedAnswer,
} from "../domain/interaction.ts";
import type { Mail } from "../domain/mail.ts";
import type { Message } from "../domain/message.ts";
import type { SendBudget, SendCap, SendRefund } from "../domain/send-caps.ts";
import type { SendRefusal, SendRequest } from "../domain/send-policy.ts";
import type { Instant } from "../domain/time.ts";
import type { User } from "../domain/user.ts";
import type { UserDevice } from "./devices.ts";
import type { Queued } from "./mail.ts";

export interface InteractionStore {
  // Stores the engine's record, keeping the state that is there. The uid itself is not stored; whoever
  // finds the record gets it back as `jti`. Nor is session.cookie, which is the id of a live session.
  save(uid: string, record: EngineRecord, expiresAt: Instant): Promise<void>;
  find(uid: string, now: Instant): Promise<Interaction | null>;
  // Lets one that is alive live until then, if that is longer; nothing else of it changes.
  prolong(uid: string, expiresAt: Instant, now: Instant): Promise<void>;
  // Finds and deletes one that has ended, which is one whose record holds a `result`. Not null for
  // exactly one caller; one that has not ended stays, and null is the answer.
  take(uid: string, now: Instant): Promise<Interaction | null>;
  destroy(uid: string): Promise<void>;
  // Moves one step on, all effects with it, or nothing. "moved" for exactly one caller from a version,
  // and for exactly one caller that answers a challenge.
  move(move: InteractionMove): Promise<MoveOutcome>;
  // Counts one attempt on the open challenge and on its user, before the code is looked at. n parallel
  // calls are counted n times, until one of the limits is reached. A recovery code needs no challenge, and is
  // counted like a code that was sent. The same guess again is counted once, however many type it at once.
  countAttempt(
    uid: string,
    now: Instant,
    limits: CodeAttemptLimits,
    typed: TypedAnswer,
  ): Promise<AttemptCounted>;
  // Deletes up to so many that have expired, and says how many it deleted. What is left of one in which somebody had
  // got somewhere is shown to `judge` before, and what it answers is written with the deletion: once, however many
  // sweep and whoever dies meanwhile. `judge` may be asked more than once. What cannot be read any more is deleted
  // all the same.
  sweep(now: Instant, rowsMax: number, judge: JudgeLeft): Promise<number>;
}

// An interaction that has expired, and its user as it is now.
export interface LeftInteraction extends Pick<Interaction, "record" | "attempts"> {
  readonly state: InteractionState;
  // Null: gone, or never known.
  readonly user: User | null;
}

// What is to be written when an interaction goes that nobody ended. It depends on nothing else.
export type JudgeLeft = (
  left: LeftInteraction,
  now: Instant,
) => Pick<MoveEffects, "audit" | "cappedMails">;

export interface InteractionMove {
  readonly uid: string;
  readonly now: Instant;
  // What it is made from: a version, or the challenge that was answered rightly and that must still be
  // open. The latter is how a code is consumed.
  readonly from: { readonly version: number } | { readonly challengeId: string };
  readonly to: InteractionState;
  // Attempts at the challenge go on counting unless a new one was opened.
  readonly resetAttempts: boolean;
  // The engine's record with its result in it, when this was the last step.
  readonly record?: EngineRecord | undefined;
  readonly effects: MoveEffects;
}

export interface MoveEffects {
  // Counts one text on this number first. When it may not go out, nothing moves.
  readonly send?:
    | (SendRequest & {
        readonly number: string;
        // Counted with it. When one of them has no room for it, none of them counts.
        readonly budgets?: readonly SendBudget[] | undefined;
        // Remembered with it.
        readonly message?: Message | undefined;
      })
    | undefined;
  // Counts one mail with a link first, under all of these or none. When it may not go out, nothing moves.
  readonly link?: { readonly budgets: readonly LinkBudget[] } | undefined;
  // Ends runs of password attempts after a right password.
  readonly clearAttempts?: readonly string[] | undefined;
  // Takes one attempt back from each of these: what is counted there is failures alone.
  readonly refundAttempts?: readonly string[] | undefined;
  // Takes one back from each of these, if its window is still the one in which it was counted.
  readonly refundSends?: readonly SendRefund[] | undefined;
  // A right code: the user's run of wrong ones ends, the number may be texted at once again, an
  // assigned phone becomes bound, and with `bind` a user without a phone gets this one. If the user
  // has another phone by now, or is gone or disabled, or (with `bind`) too many users share the
  // number, nothing moves.
  readonly codeProved?:
    | {
        readonly userId: string;
        readonly number: string;
        readonly bind: boolean;
        readonly usersPerBoundPhone: number;
        // Of the user as it was when the code was judged: if it is another one by now, nothing moves.
        readonly credentialsChangedAt?: Instant | undefined;
        // The messages of this challenge carried a code that was typed.
        readonly challengeId?: string | undefined;
        // It was the code of a test number, which nobody was sent: no phone becomes bound, and with `bind`
        // this one becomes assigned.
        readonly fixedCode?: boolean | undefined;
        // With `bind`: a link that was mailed to the user was opened before the number was typed.
        readonly linkOpened?: boolean | undefined;
        // With `bind`: the user has this phone, in the place of which the number comes. What is older than `at`,
        // sessions, tokens and proofs, is dead from then on, and so are the recovery codes that stood in for the
        // old number. Of any number of such moves at once for one user, one moves.
        readonly replaces?: { readonly number: string; readonly at: Instant } | undefined;
      }
    | undefined;
  readonly audit?: readonly AuditEvent[] | undefined;
  // Queued with the move; texts to the number that was the user's among them.
  readonly mails?: readonly Queued[] | undefined;
  // Each queued with the move if there is room for it under its budget, which counts it; without, the move is made
  // and the mail left out.
  readonly cappedMails?: readonly CappedMail[] | undefined;
  // Remembered as a browser that its user signs in with, and a network from which.
  readonly device?: UserDevice | undefined;
}

export interface CappedMail {
  readonly mail: Mail;
  readonly budget: WindowBudget;
}

export interface BudgetCount {
  readonly because: SendCap;
  readonly before: number;
  readonly after: number;
  readonly max: number;
}

export type MoveOutcome =
  // With what was counted under each budget of a text.
  | {
      readonly outcome: "moved";
      readonly version: number;
      readonly counts?: readonly BudgetCount[];
    }
  // Somebody else moved it, or it is gone or expired.
  | { readonly outcome: "stale" }
  | {
      readonly outcome: "send-refused";
      readonly because: SendRefusal | SendCap;
      readonly retryAt: Instant;
    }
  | { readonly outcome: "link-refused"; readonly because: LinkCap; readonly retryAt: Instant }
  // codeProved could not be carried out.
  | { readonly outcome: "user-changed" | "number-shared-too-often" };

export type AttemptCounted =
  | {
      readonly outcome: "counted";
      readonly interaction: Interaction;
      readonly user: User;
      // It was counted before: the answer to a wrong code was reloaded.
      readonly isRepeated: boolean;
    }
  // The factor is locked, or off for good (retryAt null). Nothing was counted.
  | {
      readonly outcome: "locked";
      readonly interaction: Interaction;
      readonly retryAt: Instant | null;
    }
  // The challenge is over. Nothing was counted.
  | {
      readonly outcome: "dead";
      readonly interaction: Interaction;
      readonly because: "expired" | "too-many-attempts";
    }
  // No interaction, or none that waits for such an answer, or its user is gone or disabled.
  | { readonly outcome: "not-due"; readonly interaction: Interaction | null };
