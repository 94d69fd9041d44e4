// The tables, and how an older file becomes a newer one. Whatever is private is in a blob that is sealed
// under the data key; the plain columns beside it are what queries need, names and numbers as keyed
// index, ids that are secrets as hash.
import type { DatabaseSync } from "node:sqlite";
import { StoreRefusedError } from "../../ports/errors.ts";
import { isNotADatabase } from "./failures.ts";
import { integerIn, type Row, type Sql } from "./sql.ts";

// "LtKy": marks a file as ours (PRAGMA application_id).
const APPLICATION_ID = 0x4c744b79;

// Each entry leads one version further. They never change once released.
const MIGRATIONS: readonly (readonly string[])[] = [
  [
    `CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID`,

    `CREATE TABLE users (
      id TEXT PRIMARY KEY, sealed BLOB NOT NULL, updated_at INTEGER NOT NULL, phone_index TEXT,
      factor_in_a_row INTEGER NOT NULL, factor_locked_until INTEGER) STRICT`,
    `CREATE INDEX users_by_phone ON users (phone_index) WHERE phone_index IS NOT NULL`,
    `CREATE TABLE login_names (key TEXT PRIMARY KEY, user_id TEXT NOT NULL) STRICT, WITHOUT ROWID`,
    `CREATE INDEX login_names_by_user ON login_names (user_id)`,
    `CREATE TABLE attempt_runs (
      key TEXT PRIMARY KEY, count INTEGER NOT NULL, first_at INTEGER NOT NULL, locked_until INTEGER,
      expires_at INTEGER NOT NULL) STRICT`,
    `CREATE INDEX attempt_runs_by_expiry ON attempt_runs (expires_at)`,

    `CREATE TABLE applications (
      id TEXT PRIMARY KEY, sealed BLOB NOT NULL, updated_at INTEGER NOT NULL) STRICT`,
    `CREATE TABLE rules (scope TEXT PRIMARY KEY, rules TEXT NOT NULL) STRICT`,

    `CREATE TABLE interactions (
      key TEXT PRIMARY KEY, record BLOB NOT NULL, state BLOB, version INTEGER NOT NULL,
      attempts INTEGER NOT NULL, expires_at INTEGER NOT NULL) STRICT`,
    `CREATE INDEX interactions_by_expiry ON interactions (expires_at)`,
    `CREATE TABLE numbers (
      key TEXT PRIMARY KEY, history TEXT NOT NULL, expires_at INTEGER NOT NULL) STRICT`,
    `CREATE INDEX numbers_by_expiry ON numbers (expires_at)`,

    `CREATE TABLE records (
      key TEXT PRIMARY KEY, model TEXT NOT NULL, payload BLOB NOT NULL, consumed INTEGER,
      expires_at INTEGER, grant_id TEXT, account_id TEXT, uid_index TEXT, user_code_index TEXT)
      STRICT`,
    `CREATE INDEX records_by_expiry ON records (expires_at) WHERE expires_at IS NOT NULL`,
    `CREATE INDEX records_by_grant ON records (grant_id, model) WHERE grant_id IS NOT NULL`,
    `CREATE INDEX records_by_account ON records (account_id, model) WHERE account_id IS NOT NULL`,
    // Not unique: a session's uid survives the rotation of its id, and a parallel request may write
    // the row under the old id once more.
    `CREATE INDEX records_by_uid ON records (uid_index) WHERE uid_index IS NOT NULL`,
    `CREATE INDEX records_by_user_code ON records (user_code_index)
      WHERE user_code_index IS NOT NULL`,

    `CREATE TABLE signing_keys (
      kid TEXT PRIMARY KEY, alg TEXT NOT NULL, created_at INTEGER NOT NULL, sealed BLOB NOT NULL)
      STRICT`,

    `CREATE TABLE audit (
      id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, actor TEXT NOT NULL,
      action TEXT NOT NULL, target TEXT NOT NULL, because TEXT, details BLOB NOT NULL) STRICT`,
    `CREATE INDEX audit_by_action ON audit (action)`,
    `CREATE INDEX audit_by_target ON audit (target)`,
    `CREATE TRIGGER audit_keeps_events BEFORE UPDATE ON audit
      BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END`,
    `CREATE TRIGGER audit_keeps_all_events BEFORE DELETE ON audit
      BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END`,
  ],
  [
    `CREATE TABLE messages (
      id TEXT PRIMARY KEY, challenge_index TEXT NOT NULL, at INTEGER NOT NULL, purpose TEXT NOT NULL,
      application_id TEXT NOT NULL, country TEXT NOT NULL, prefix TEXT NOT NULL,
      cost_micros INTEGER NOT NULL, status TEXT NOT NULL, status_at INTEGER NOT NULL, because TEXT,
      provider TEXT, provider_message_id TEXT, verified_at INTEGER, expires_at INTEGER NOT NULL) STRICT`,
    `CREATE INDEX messages_by_challenge ON messages (challenge_index)`,
    `CREATE INDEX messages_by_provider ON messages (provider, provider_message_id)
      WHERE provider_message_id IS NOT NULL`,
    `CREATE INDEX messages_by_prefix ON messages (prefix, at)`,
    `CREATE INDEX messages_by_country ON messages (country, at)`,
    `CREATE INDEX messages_by_time ON messages (at, id)`,
    `CREATE INDEX messages_by_expiry ON messages (expires_at)`,
    `CREATE TABLE pauses (
      scope TEXT PRIMARY KEY, paused_at INTEGER, lifted_at INTEGER) STRICT`,
  ],
  [
    `CREATE TABLE mails (
      id TEXT PRIMARY KEY, sealed BLOB NOT NULL, attempts INTEGER NOT NULL,
      not_before INTEGER NOT NULL, lease TEXT, expires_at INTEGER NOT NULL) STRICT`,
    `CREATE INDEX mails_by_due ON mails (not_before)`,
    `CREATE INDEX mails_by_expiry ON mails (expires_at)`,
    `CREATE TABLE devices (
      user_id TEXT PRIMARY KEY, devices TEXT NOT NULL, expires_at INTEGER NOT NULL) STRICT`,
    `CREATE INDEX devices_by_expiry ON devices (expires_at)`,
  ],
  [
    `CREATE TABLE test_numbers (
      key TEXT PRIMARY KEY, sealed BLOB NOT NULL) STRICT, WITHOUT ROWID`,
  ],
  [
    // Texts wait among the mails.
    `ALTER TABLE mails ADD COLUMN channel TEXT NOT NULL DEFAULT 'mail'`,
    `DROP INDEX mails_by_due`,
    `CREATE INDEX mails_by_due ON mails (channel, not_before)`,
  ],
  [
    // Digests of the codes that were typed at the open challenge, parted by spaces.
    `ALTER TABLE interactions ADD COLUMN guesses TEXT NOT NULL DEFAULT ''`,
  ],
  // Nothing in the tables: there can be several data keys, and whoever takes them for one opens nothing.
  [],
  [
    `CREATE TABLE resources (
      id TEXT PRIMARY KEY, sealed BLOB NOT NULL, updated_at INTEGER NOT NULL) STRICT`,
  ],
  [
    // Who asked for a text and from where, where the fraud guard judges it.
    `ALTER TABLE messages ADD COLUMN user_index TEXT`,
    `ALTER TABLE messages ADD COLUMN network_index TEXT`,
  ],
];

// Refuses a file that is not ours, before anything is written to it.
export function requireOurFile(connection: DatabaseSync, file: string): void {
  try {
    requireKnownSchema(
      readIdentity((text) => connection.prepare(text).get()),
      file,
    );
  } catch (error) {
    if (!isNotADatabase(error)) throw error;
    throw new StoreRefusedError(`${file} is not an SQLite database; it was left as it is.`, {
      cause: error,
    });
  }
}

// Brings the file to the newest schema. Runs inside the transaction that also reads the data key, for two
// processes may open a fresh file at once.
export function migrate(sql: Sql, file: string): void {
  const identity = readIdentity((text) => sql.get(text));
  requireKnownSchema(identity, file);
  const due = MIGRATIONS.slice(identity.version);
  if (due.length === 0) return;
  for (const statement of due.flat()) sql.run(statement);
  sql.run(`PRAGMA application_id = ${APPLICATION_ID}`);
  sql.run(`PRAGMA user_version = ${MIGRATIONS.length}`);
}

interface FileIdentity {
  readonly applicationId: number;
  readonly version: number;
  readonly objects: number;
}

function readIdentity(get: (text: string) => Row | undefined): FileIdentity {
  const integer = (text: string, column: string) => integerIn(get(text) ?? {}, column);
  return {
    applicationId: integer("PRAGMA application_id", "application_id"),
    version: integer("PRAGMA user_version", "user_version"),
    objects: integer("SELECT count(*) AS objects FROM sqlite_schema", "objects"),
  };
}

function requireKnownSchema(identity: FileIdentity, file: string): void {
  const { applicationId, version, objects } = identity;
  const fresh = applicationId === 0 && version === 0 && objects === 0;
  if (fresh) return;
  if (applicationId !== APPLICATION_ID) {
    throw new StoreRefusedError(
      `${file} is the database of another program; it was left as it is.`,
    );
  }
  if (version > MIGRATIONS.length) {
    throw new StoreRefusedError(
      `${file} was written by a newer Latchkey (schema ${version}; this one knows ${MIGRATIONS.length}).`,
    );
  }
}
