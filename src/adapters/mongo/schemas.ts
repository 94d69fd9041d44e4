// The collections: what lies in each, and the indexes under the queries. What must be unique is an _id, the
// only uniqueness that holds across shards.
import { Schema } from "mongoose";
import type {
  ApplicationDocument,
  AttemptRunDocument,
  AuditDocument,
  DevicesDocument,
  InteractionDocument,
  LoginNameDocument,
  MailDocument,
  MessageDocument,
  MetaDocument,
  NumberDocument,
  PauseDocument,
  RecordDocument,
  SessionDocument,
  SigningKeysDocument,
  TestNumberDocument,
  UserDocument,
} from "./documents.ts";

const text = { type: String, required: true };
const textOrNull = { type: String, default: null };
const number = { type: Number, required: true };
const numberOrNull = { type: Number, default: null };
const bytes = { type: Buffer, required: true };
const bytesOrNull = { type: Buffer, default: null };
const instant = { type: Date, required: true };
const instantOrNull = { type: Date, default: null };
const flag = { type: Boolean, required: true };

const EVENT = { _id: number, at: number, actor: text, action: text, target: text };
const EVENT_REST = { because: textOrNull, details: bytes };

const MAIL = {
  _id: text,
  channel: textOrNull,
  sealed: bytesOrNull,
  attempts: number,
  notBefore: instant,
  lease: textOrNull,
  expiresAt: instant,
};

const pending = {
  type: {
    _id: false,
    since: instant,
    audit: [{ ...EVENT, ...EVENT_REST }],
    proof: bytesOrNull,
    mails: [MAIL],
  },
  default: undefined,
};
const REVISED = { _id: text, revision: text, pending };

const SENDS = { sentAt: [Number], sinceSuccess: number };

const OPTIONS = {
  strict: "throw",
  strictQuery: "throw",
  versionKey: false,
  minimize: false,
  autoIndex: false,
  autoCreate: false,
} as const;

// Cleaning only, and late: the sweep is punctual, by our clock, and the database's may be wrong.
const LATE = { expireAfterSeconds: 86_400 };

export const SCHEMAS = {
  meta: new Schema<MetaDocument>({ _id: text, bytes: Buffer, count: Number }, OPTIONS),
  users: new Schema<UserDocument>(
    {
      ...REVISED,
      sealed: bytes,
      updatedAt: number,
      phoneIndex: textOrNull,
      names: [String],
      factorInARow: number,
      factorLockedUntil: numberOrNull,
      codeAttempts: [{ _id: false, key: text, count: number, guesses: [String], until: number }],
      // Only there while somebody is: a process that does not know it could not write the user back.
      replacing: { type: [{ _id: false, id: text, by: text, until: number }], default: undefined },
      removed: flag,
    },
    OPTIONS,
  )
    .index({ phoneIndex: 1 })
    .index({ "pending.since": 1 }, { sparse: true }),
  login_names: new Schema<LoginNameDocument>(
    { _id: text, userId: text, reservation: text, at: instant },
    OPTIONS,
  ),
  attempt_runs: new Schema<AttemptRunDocument>(
    {
      ...REVISED,
      count: number,
      firstAt: number,
      lockedUntil: numberOrNull,
      expiresAt: instant,
    },
    OPTIONS,
  ).index({ expiresAt: 1 }, LATE),
  applications: new Schema<ApplicationDocument>(
    {
      ...REVISED,
      sealed: bytesOrNull,
      updatedAt: number,
      rules: textOrNull,
      removed: flag,
    },
    OPTIONS,
  ).index({ "pending.since": 1 }, { sparse: true }),
  interactions: new Schema<InteractionDocument>(
    {
      ...REVISED,
      record: bytes,
      ended: flag,
      state: bytesOrNull,
      version: number,
      attemptsSince: number,
      expiresAt: instant,
    },
    OPTIONS,
  )
    .index({ expiresAt: 1 }, LATE)
    .index({ "pending.since": 1 }, { sparse: true }),
  numbers: new Schema<NumberDocument>(
    {
      ...REVISED,
      ...SENDS,
      others: { type: { _id: false, ...SENDS }, default: undefined },
      binding: [{ _id: false, userId: text, until: number }],
      expiresAt: instant,
    },
    OPTIONS,
  ).index({ expiresAt: 1 }, LATE),
  records: new Schema<RecordDocument>(
    {
      _id: text,
      model: text,
      payload: bytes,
      consumed: numberOrNull,
      expiresAt: instantOrNull,
      grantId: textOrNull,
      accountId: textOrNull,
      userCodeIndex: textOrNull,
    },
    OPTIONS,
  )
    .index({ expiresAt: 1 }, LATE)
    .index({ grantId: 1, model: 1 })
    .index({ accountId: 1, model: 1 })
    .index({ userCodeIndex: 1 }),
  sessions: new Schema<SessionDocument>(
    {
      ...REVISED,
      accountId: textOrNull,
      entries: [{ _id: false, key: text, payload: bytes, expiresAt: instantOrNull }],
      expiresAt: instantOrNull,
    },
    OPTIONS,
  )
    .index({ expiresAt: 1 }, LATE)
    .index({ "entries.key": 1 })
    .index({ accountId: 1 }),
  devices: new Schema<DevicesDocument>(
    {
      ...REVISED,
      devices: [{ _id: false, key: text, seenAt: number, kind: String }],
      expiresAt: instant,
    },
    OPTIONS,
  ).index({ expiresAt: 1 }, LATE),
  mails: new Schema<MailDocument>(MAIL, OPTIONS)
    .index({ channel: 1, notBefore: 1 })
    .index({ expiresAt: 1 }, LATE),
  signing_keys: new Schema<SigningKeysDocument>(
    {
      ...REVISED,
      keys: [{ _id: false, kid: text, alg: text, createdAt: number, sealed: bytes }],
    },
    OPTIONS,
  ).index({ "pending.since": 1 }, { sparse: true }),
  messages: new Schema<MessageDocument>(
    {
      _id: text,
      challengeIndex: text,
      at: number,
      purpose: text,
      applicationId: textOrNull,
      country: text,
      prefix: text,
      costMicros: number,
      userIndex: textOrNull,
      networkIndex: textOrNull,
      status: text,
      statusAt: number,
      because: textOrNull,
      provider: textOrNull,
      providerMessageId: textOrNull,
      verifiedAt: numberOrNull,
      expiresAt: instant,
    },
    OPTIONS,
  )
    .index({ expiresAt: 1 }, LATE)
    .index({ challengeIndex: 1, at: 1 })
    .index({ providerMessageId: 1, provider: 1 })
    .index({ prefix: 1, at: 1 })
    .index({ country: 1, at: 1 })
    .index({ at: 1, _id: 1 }),
  pauses: new Schema<PauseDocument>(
    { ...REVISED, pausedAt: numberOrNull, liftedAt: numberOrNull },
    OPTIONS,
  ).index({ "pending.since": 1 }, { sparse: true }),
  test_numbers: new Schema<TestNumberDocument>(
    { ...REVISED, sealed: bytes, removed: flag },
    OPTIONS,
  ).index({ "pending.since": 1 }, { sparse: true }),
  audit: new Schema<AuditDocument>({ ...EVENT, ...EVENT_REST }, OPTIONS)
    .index({ action: 1, _id: 1 })
    .index({ target: 1, _id: 1 }),
};

export type CollectionName = keyof typeof SCHEMAS;
export const COLLECTIONS = Object.keys(SCHEMAS) as CollectionName[];

// The indexes that are declared above, by collection.
export function declaredIndexes(
  name: CollectionName,
): [Record<string, 1>, Record<string, unknown>][] {
  return SCHEMAS[name].indexes() as [Record<string, 1>, Record<string, unknown>][];
}
