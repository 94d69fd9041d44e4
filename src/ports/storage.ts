// What the store promises. Every method is one atomic statement about the whole world, not about one
// process: "true for exactly one caller" means however many race, from however many processes.
// What a method acknowledged survives a crash. Expiry is judged with the `now` that the caller gives.
// Every method may throw UnavailableError; then nothing is known to have changed, and whoever was
// deciding must refuse. test/contract/ proves all of it against each adapter.
import type { Application } from "../domain/application.ts";
import type { AttemptPolicy } from "../domain/attempt-budget.ts";
import type { AuditEvent, StoredAuditEvent } from "../domain/audit-event.ts";
import type { EngineRecord, Interaction, InteractionState } from "../domain/interaction.ts";
import type { Limits } from "../domain/limits.ts";
import type { Mail } from "../domain/mail.ts";
import type { Message } from "../domain/message.ts";
import type { RulesOfApplication, SecurityRules } from "../domain/security-rules.ts";
import type { SendBudget, SendCap } from "../domain/send-caps.ts";
import type { ChallengeSends, NumberHistory, SendRefusal } from "../domain/send-policy.ts";
import type { SigningKey } from "../domain/signing-key.ts";
import type { Instant } from "../domain/time.ts";
import type { LoginName, User } from "../domain/user.ts";
import type { Vault } from "../domain/vault.ts";
import type { DeviceStore } from "./devices.ts";
import type { MailQueue } from "./mail.ts";
import type { MessageStore } from "./messages.ts";
import type { RecordStore } from "./records.ts";
import type { TransferStore } from "./transfer.ts";

export interface Storage {
  readonly users: UserStore;
  readonly applications: ApplicationStore;
  readonly rules: RulesStore;
  readonly interactions: InteractionStore;
  readonly numbers: NumberStore;
  readonly messages: MessageStore;
  readonly records: RecordStore;
  readonly signingKeys: SigningKeyStore;
  readonly audit: AuditLog;
  readonly mails: MailQueue;
  readonly devices: DeviceStore;
  readonly transfer: TransferStore;
  // Seals and indexes under this store's data key; also the root of the pairwise salt.
  readonly vault: Vault;

  // Resolves when the store can be read and written; throws UnavailableError when it cannot.
  ping(): Promise<void>;
  // Deletes up to so many rows that have expired, and says how many it deleted.
  sweep(now: Instant, rowsMax: number): Promise<number>;
  // Reads and writes that reached the database since it was opened.
  statistics(): { readonly reads: number; readonly writes: number };
  // Finishes what was acknowledged and lets go. Every later call throws UnavailableError, but for
  // closing again, which does nothing.
  close(): Promise<void>;
}

export type ChangeOutcome =
  | "changed"
  // Somebody else changed it since it was read. Read again.
  | "stale"
  // A login name belongs to another user, or the id to another application.
  | "conflict"
  | "absent";

export interface UserPage {
  readonly after?: string | undefined;
  readonly limit: number;
}

export interface UserStore {
  // Stores a new user, all of its login names with it, or nothing. "conflict" names no name: an
  // administrator's door finds out which by looking.
  create(user: User, audit: AuditEvent): Promise<"created" | "conflict">;
  find(id: string): Promise<User | null>;
  findByLogin(login: LoginName): Promise<User | null>;
  // How many users have this number as their phone, assigned or bound.
  countByPhone(number: string): Promise<number>;
  // Replaces a user as it was read: true to compare-and-set on updatedAt, which must be new.
  // The factor attempts are not touched; they have statements of their own. The mails are queued with it.
  replace(
    before: User,
    after: User,
    audit: AuditEvent,
    mails?: readonly Mail[],
  ): Promise<ChangeOutcome>;
  // Writes down something that happened to a user and changes nothing of it: the event and the mails that
  // tell of it, all or nothing.
  note(id: string, audit: AuditEvent, mails: readonly Mail[]): Promise<"noted" | "absent">;
  // Ends the run of wrong codes, a lock and an "off" with it.
  clearFactorAttempts(id: string, audit: AuditEvent): Promise<"changed" | "absent">;
  // Replaces the password hash if it still is the one given: parallel upgrades do not clash. A new
  // updatedAt goes with it.
  upgradePasswordHash(id: string, from: string, to: string): Promise<boolean>;
  remove(id: string, audit: AuditEvent): Promise<"changed" | "absent">;
  // In the order of ids, after the given one.
  list(page: UserPage): Promise<User[]>;
  // Looks a user up by login name and counts one password attempt under every key, before the
  // password is looked at, known user or not. Atomic: n parallel attempts count n. If one of the keys
  // is at its limit, nothing is counted, and no password may be looked at until `retryAt`.
  beginPasswordAttempt(attempt: PasswordAttempt): Promise<PasswordAttemptBegun>;
}

export interface PasswordAttempt {
  readonly login: LoginName;
  readonly budgets: readonly { readonly key: string; readonly policy: AttemptPolicy }[];
  readonly now: Instant;
}

export type PasswordAttemptBegun =
  | { readonly outcome: "counted"; readonly user: User | null }
  | { readonly outcome: "limited"; readonly retryAt: Instant };

export interface ApplicationStore {
  create(application: Application, audit: AuditEvent): Promise<"created" | "conflict">;
  // May be answered from memory, but only while the store can tell that nothing has changed.
  find(id: string): Promise<Application | null>;
  // Compare-and-set on updatedAt, which must be new.
  replace(before: Application, after: Application, audit: AuditEvent): Promise<ChangeOutcome>;
  // Removes it together with its rules.
  remove(id: string, audit: AuditEvent): Promise<"changed" | "absent">;
  list(): Promise<Application[]>;
}

export interface RulesStore {
  // Never from a cache: a switch takes effect on the next request. An application that does not
  // exist has no rules of its own.
  find(applicationId: string | null): Promise<RulesOfApplication>;
  // Replaces the rules that were read: the global ones for a null id, else the application's own,
  // which null gives up. Compare-and-set: false when they are no longer what `before` says, or there
  // is no such application.
  replace(
    applicationId: string | null,
    before: SecurityRules | null,
    after: SecurityRules | null,
    audit: AuditEvent,
  ): Promise<boolean>;
}

export interface InteractionStore {
  // Stores the engine's record, keeping the state that is there. The uid itself is not stored; whoever
  // finds the record gets it back as `jti`. Nor is session.cookie, which is the id of a live session.
  save(uid: string, record: EngineRecord, expiresAt: Instant): Promise<void>;
  find(uid: string, now: Instant): Promise<Interaction | null>;
  // Finds and deletes one that has ended, which is one whose record holds a `result`. Not null for
  // exactly one caller; one that has not ended stays, and null is the answer.
  take(uid: string, now: Instant): Promise<Interaction | null>;
  destroy(uid: string): Promise<void>;
  // Moves one step on, all effects with it, or nothing. "moved" for exactly one caller from a version,
  // and for exactly one caller that answers a challenge.
  move(move: InteractionMove): Promise<MoveOutcome>;
  // Counts one attempt on the open challenge and on its user, before the code is looked at. n parallel
  // calls are counted n times, until one of the limits is reached.
  countAttempt(
    uid: string,
    now: Instant,
    limits: Pick<
      Limits,
      "attemptsPerCode" | "attemptsInARowUntilLock" | "attemptsInARowUntilOff" | "lockSeconds"
    >,
  ): Promise<AttemptCounted>;
}

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
    | {
        readonly number: string;
        readonly limits: Pick<
          Limits,
          "sendGapSeconds" | "sendsPerChallenge" | "sendsPerNumberPerDay"
        >;
        readonly challenge: ChallengeSends;
        // Counted with it. When one of them has no room for it, none of them counts.
        readonly budgets?: readonly SendBudget[] | undefined;
        // Remembered with it.
        readonly message?: Message | undefined;
      }
    | undefined;
  // Ends runs of password attempts after a right password.
  readonly clearAttempts?: readonly string[] | undefined;
  // Takes one attempt back from each of these: what is counted there is failures alone.
  readonly refundAttempts?: readonly string[] | undefined;
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
        // The messages of this challenge carried a code that was typed.
        readonly challengeId?: string | undefined;
      }
    | undefined;
  readonly audit?: readonly AuditEvent[] | undefined;
  // Queued with the move.
  readonly mails?: readonly Mail[] | undefined;
  // Remembered as a browser that its user signs in with.
  readonly device?: { readonly userId: string; readonly deviceId: string } | undefined;
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
  // codeProved could not be carried out.
  | { readonly outcome: "user-changed" | "number-shared-too-often" };

export type AttemptCounted =
  | { readonly outcome: "counted"; readonly interaction: Interaction; readonly user: User }
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
  // No interaction, or none that waits for a code that was sent, or its user is gone or disabled.
  | { readonly outcome: "not-due"; readonly interaction: Interaction | null };

export interface NumberStore {
  // What is counted under a key at the moment.
  counted(key: string, now: Instant): Promise<number>;
  history(number: string): Promise<NumberHistory>;
  // Takes a send back that certainly failed, by its instant, and what it counted under its budgets.
  forgetSend(number: string, at: Instant, budgets?: readonly SendBudget[]): Promise<void>;
}

export interface SigningKeyStore {
  list(): Promise<SigningKey[]>;
  // Adds keys if none of their algorithms got a key after `newestKnown`, which they must be newer
  // than: two rotations at once, or two first starts, add one set. Null: only into an empty store.
  add(
    keys: readonly SigningKey[],
    newestKnown: Instant | null,
    audit: AuditEvent,
  ): Promise<boolean>;
  // Removes the keys that nothing names any more.
  remove(kids: readonly string[]): Promise<void>;
}

export interface AuditQuery {
  // The id of the last event of the page before, in the order that is asked for.
  readonly after?: number | undefined;
  readonly limit: number;
  readonly action?: string | undefined;
  readonly target?: string | undefined;
  readonly newestFirst?: boolean | undefined;
}

export interface AuditLog {
  // Append-only; there is no way to change or remove an event.
  append(events: readonly AuditEvent[]): Promise<void>;
  list(query: AuditQuery): Promise<StoredAuditEvent[]>;
}
