// What lies in each collection. Whatever is private is sealed under the data key; names and numbers are keyed
// indexes, ids that are secrets are hashes.
import type { KnownDevice } from "../../domain/known-devices.ts";

// An audit event that has its number.
export interface AuditDocument {
  readonly _id: number;
  readonly at: number;
  readonly actor: string;
  readonly action: string;
  readonly target: string;
  readonly because: string | null;
  readonly details: Buffer;
}

// What a change still owes once it is made: written with it in one step, done after it, and done by whoever
// finds it if its maker is gone.
export interface Pending {
  readonly since: Date;
  readonly audit: readonly AuditDocument[];
  // What a right code makes of its user; sealed.
  readonly proof: Buffer | null;
  // Mails and texts that tell of it. None in what an older version wrote.
  readonly mails?: readonly MailDocument[] | undefined;
}

export interface MailDocument {
  readonly _id: string;
  // Null for mails.
  readonly channel: "sms" | "recovery" | "logout" | null;
  // Null once it is delivered or given up: its id stays for as long as somebody may pay a debt with it.
  readonly sealed: Buffer | null;
  readonly attempts: number;
  // One that is claimed is not due until its lease is over.
  readonly notBefore: Date;
  readonly lease: string | null;
  readonly expiresAt: Date;
}

// A document that is changed by compare-and-set: every change gives it another revision.
export interface Revised {
  readonly _id: string;
  readonly revision: string;
  readonly pending?: Pending | undefined;
}

export interface MetaDocument {
  readonly _id: string;
  readonly bytes?: Buffer | undefined;
  readonly count?: number | undefined;
}

export interface UserDocument extends Revised {
  readonly sealed: Buffer;
  readonly updatedAt: number;
  readonly phoneIndex: string | null;
  // The keys of its login names. A name is a user's when both this and its row in login_names say so.
  readonly names: readonly string[];
  readonly factorInARow: number;
  readonly factorLockedUntil: number | null;
  // Attempts at the codes that it was sent, by interaction: here, and not there, so that one step counts
  // both them and the run.
  readonly codeAttempts: readonly CodeAttempts[];
  // Who is about to replace its phone: tries of one interaction. Absent: nobody.
  readonly replacing?: readonly PhoneReplacement[] | undefined;
  readonly removed: boolean;
}

export interface PhoneReplacement {
  readonly id: string;
  readonly by: string;
  readonly until: number;
}

export interface CodeAttempts {
  readonly key: string;
  readonly count: number;
  // Digests of what was typed. Absent: counted by an earlier version.
  readonly guesses?: readonly string[] | undefined;
  readonly until: number;
}

export interface LoginNameDocument {
  readonly _id: string;
  readonly userId: string;
  // Changes hands with every reservation.
  readonly reservation: string;
  readonly at: Date;
}

export interface AttemptRunDocument extends Revised {
  readonly count: number;
  readonly firstAt: number;
  readonly lockedUntil: number | null;
  readonly expiresAt: Date;
}

// An application and its own rules; the global rules are the one without an application.
export interface ApplicationDocument extends Revised {
  readonly sealed: Buffer | null;
  readonly updatedAt: number;
  readonly rules: string | null;
  readonly removed: boolean;
}

export interface InteractionDocument extends Revised {
  readonly record: Buffer;
  // Whether the record holds a result.
  readonly ended: boolean;
  readonly state: Buffer | null;
  readonly version: number;
  // The version at which the attempts at the challenge began to count.
  readonly attemptsSince: number;
  readonly expiresAt: Date;
}

export interface NumberDocument extends Revised {
  readonly sentAt: readonly number[];
  readonly sinceSuccess: number;
  // Texts that users asked for who did not have the number. Absent in what an older version wrote.
  readonly others?:
    | { readonly sentAt: readonly number[]; readonly sinceSuccess: number }
    | undefined;
  // Users that are about to bind the number.
  readonly binding: readonly { readonly userId: string; readonly until: number }[];
  readonly expiresAt: Date;
}

export interface RecordDocument {
  readonly _id: string;
  readonly model: string;
  readonly payload: Buffer;
  readonly consumed: number | null;
  readonly expiresAt: Date | null;
  readonly grantId: string | null;
  readonly accountId: string | null;
  readonly userCodeIndex: string | null;
}

// The browsers of one user, by its id.
export interface DevicesDocument extends Revised {
  readonly devices: readonly KnownDevice[];
  readonly expiresAt: Date;
}

// One session, by its uid, under all the ids that it has at the moment.
export interface SessionDocument extends Revised {
  readonly accountId: string | null;
  // In the order in which they were written.
  readonly entries: readonly SessionEntry[];
  // The end of the last of them; null: none.
  readonly expiresAt: Date | null;
}

export interface SessionEntry {
  readonly key: string;
  readonly payload: Buffer;
  readonly expiresAt: Date | null;
}

// All of them in one document: a set is added whole or not at all.
export interface SigningKeysDocument extends Revised {
  readonly keys: readonly {
    readonly kid: string;
    readonly alg: string;
    readonly createdAt: number;
    readonly sealed: Buffer;
  }[];
}

export interface MessageDocument {
  readonly _id: string;
  readonly challengeIndex: string;
  readonly at: number;
  readonly purpose: string;
  readonly applicationId: string | null;
  readonly country: string;
  readonly prefix: string;
  readonly costMicros: number;
  // Who asked for it and from where. Absent in what an older version wrote.
  readonly userIndex?: string | null | undefined;
  readonly networkIndex?: string | null | undefined;
  readonly status: string;
  readonly statusAt: number;
  readonly because: string | null;
  readonly provider: string | null;
  readonly providerMessageId: string | null;
  readonly verifiedAt: number | null;
  readonly expiresAt: Date;
}

// A number that is listed as a test number; sealed, code and all.
export interface TestNumberDocument extends Revised {
  readonly sealed: Buffer;
  readonly removed: boolean;
}

// A range of numbers or a country to which texts are paused, or were.
export interface PauseDocument extends Revised {
  readonly pausedAt: number | null;
  readonly liftedAt: number | null;
}
