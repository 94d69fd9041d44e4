// What the store promises. Every method is one atomic statement about the whole world, not about one
// process: "true for exactly one caller" means however many race, from however many processes.
// What a method acknowledged survives a crash. Expiry is judged with the `now` that the caller gives.
// Every method may throw UnavailableError; then nothing is known to have changed, and whoever was
// deciding must refuse. test/contract/ proves all of it against each adapter.
import type { ApiResource } from "../domain/api-resource.ts";
import type { Application } from "../domain/application.ts";
import type { AttemptPolicy } from "../domain/attempt-budget.ts";
import type { AuditEvent, StoredAuditEvent } from "../domain/audit-event.ts";
import type { Mail } from "../domain/mail.ts";
import type { RulesOfApplication, SecurityRules } from "../domain/security-rules.ts";
import type { SendBudget } from "../domain/send-caps.ts";
import type { Asker, NumberHistory } from "../domain/send-policy.ts";
import type { SigningKey } from "../domain/signing-key.ts";
import type { Instant } from "../domain/time.ts";
import type { LoginName, User } from "../domain/user.ts";
import type { Vault } from "../domain/vault.ts";
import type { BudgetStore } from "./budgets.ts";
import type { DataKeyStore } from "./data-keys.ts";
import type { DeviceStore } from "./devices.ts";
import type { InteractionStore } from "./interactions.ts";
import type { MailQueue, Queued } from "./mail.ts";
import type { MessageStore } from "./messages.ts";
import type { RecordStore } from "./records.ts";
import type { TestNumberStore } from "./test-numbers.ts";
import type { TransferStore } from "./transfer.ts";

export interface Storage {
  readonly users: UserStore;
  readonly applications: ApplicationStore;
  readonly resources: ResourceStore;
  readonly rules: RulesStore;
  readonly interactions: InteractionStore;
  readonly numbers: NumberStore;
  readonly messages: MessageStore;
  readonly testNumbers: TestNumberStore;
  readonly records: RecordStore;
  readonly signingKeys: SigningKeyStore;
  readonly audit: AuditLog;
  readonly mails: MailQueue;
  readonly devices: DeviceStore;
  readonly budgets: BudgetStore;
  readonly transfer: TransferStore;
  readonly dataKeys: DataKeyStore;
  // Seals and indexes under this store's data key; also the root of the pairwise salt.
  readonly vault: Vault;

  // Resolves when the store can be read and written; throws UnavailableError when it cannot.
  ping(): Promise<void>;
  // Deletes up to so many rows that have expired, and says how many it deleted. Interactions have a sweep of their own.
  sweep(now: Instant, rowsMax: number): Promise<number>;
  // Ends up to so many sessions, grants, codes, tokens and sign-ins under way, whoever's they are, and says how many;
  // 0 once there are none. What keeps a client's assertion from being used twice stays.
  endSignIns(rowsMax: number): Promise<number>;
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
  // The factor attempts are not touched; they have statements of their own. What tells of it is queued
  // with it.
  replace(
    before: User,
    after: User,
    audit: AuditEvent,
    telling?: readonly Queued[],
  ): Promise<ChangeOutcome>;
  // Replaces a user who got back in by a mailed link, as `replace` does: of all that come with the same link, one
  // "changed". With `endFactorRun` the run of wrong codes ends in the same statement, a lock and an "off" with it;
  // with `forgetDevices` the browsers that are known of the user are not any more.
  recover(change: UserRecovery): Promise<ChangeOutcome>;
  // Writes down something that happened to a user and changes nothing of it: the event and the mails that
  // tell of it, all or nothing.
  note(id: string, audit: AuditEvent, mails: readonly Mail[]): Promise<"noted" | "absent">;
  // Ends the run of wrong codes, a lock and an "off" with it.
  clearFactorAttempts(id: string, audit: AuditEvent): Promise<"changed" | "absent">;
  // Takes one recovery code out of a user's set, by its digest, and ends the run of wrong codes: true for exactly
  // one caller, however many race with the same code. The event and the mails go with it.
  takeRecoveryCode(
    id: string,
    digest: string,
    audit: AuditEvent,
    mails: readonly Mail[],
  ): Promise<boolean>;
  // Replaces the password hash if it still is the one given: parallel upgrades do not clash. A new
  // updatedAt goes with it.
  upgradePasswordHash(id: string, from: string, to: string): Promise<boolean>;
  // What tells of it is queued with it.
  remove(id: string, audit: AuditEvent, telling?: readonly Queued[]): Promise<"changed" | "absent">;
  // In the order of ids, after the given one.
  list(page: UserPage): Promise<User[]>;
  // Looks a user up by login name and counts one password attempt under every key, before the
  // password is looked at, known user or not. Atomic: n parallel attempts count n. If one of the keys
  // is at its limit, nothing is counted, and no password may be looked at until `retryAt`.
  beginPasswordAttempt(attempt: PasswordAttempt): Promise<PasswordAttemptBegun>;
}

export interface UserRecovery {
  readonly before: User;
  readonly after: User;
  readonly endFactorRun: boolean;
  readonly forgetDevices: boolean;
  readonly audit: readonly AuditEvent[];
  readonly telling: readonly Queued[];
}

export interface PasswordAttempt {
  readonly login: LoginName;
  readonly budgets: readonly { readonly key: string; readonly policy: AttemptPolicy }[];
  readonly now: Instant;
}

export type PasswordAttemptBegun =
  // How many there are under each key, this one among them, in the order of the budgets.
  | { readonly outcome: "counted"; readonly user: User | null; readonly counts: readonly number[] }
  | { readonly outcome: "limited"; readonly retryAt: Instant };

// What administrators register: few, read often, changed seldom.
export interface Registry<Entry> {
  create(entry: Entry, audit: AuditEvent): Promise<"created" | "conflict">;
  // May be answered from memory, but only while the store can tell that nothing has changed.
  find(id: string): Promise<Entry | null>;
  // Compare-and-set on updatedAt, which must be new.
  replace(before: Entry, after: Entry, audit: AuditEvent): Promise<ChangeOutcome>;
  // An application goes together with its rules.
  remove(id: string, audit: AuditEvent): Promise<"changed" | "absent">;
  // By id.
  list(): Promise<Entry[]>;
}

export type ApplicationStore = Registry<Application>;
export type ResourceStore = Registry<ApiResource>;

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

export interface NumberStore {
  // What is counted under a key at the moment.
  counted(key: string, now: Instant): Promise<number>;
  history(number: string): Promise<NumberHistory>;
  // Takes a send back that certainly failed, by its instant, and what it counted under its budgets.
  forgetSend(send: FailedSend): Promise<void>;
}

export interface FailedSend {
  readonly number: string;
  readonly asker: Asker;
  readonly at: Instant;
  readonly budgets?: readonly SendBudget[] | undefined;
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
