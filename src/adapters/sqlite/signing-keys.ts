// The keys that sign tokens, private parts and all, sealed.
import type { AuditEvent } from "../../domain/audit-event.ts";
import type { SigningKey } from "../../domain/signing-key.ts";
import type { Instant } from "../../domain/time.ts";
import type { Vault } from "../../domain/vault.ts";
import type { SigningKeyStore } from "../../ports/storage.ts";
import { openSigningKey, requireNewer, sealSigningKey } from "../stored/signing-key.ts";
import { appendAudit } from "./audit.ts";
import type { Database } from "./database.ts";
import { bytesIn, type Row, type Sql, textIn } from "./sql.ts";

interface KeyAddition {
  readonly keys: readonly SigningKey[];
  readonly newestKnown: Instant | null;
  readonly audit: AuditEvent;
}

export function createSigningKeyStore(database: Database, vault: Vault): SigningKeyStore {
  return {
    list: () =>
      database.read((sql) =>
        sql
          .all("SELECT kid, sealed FROM signing_keys ORDER BY created_at, kid")
          .map((row) => keyFrom(row, vault)),
      ),
    async add(keys, newestKnown, audit) {
      requireNewer(keys, newestKnown);
      return database.write((sql) => addKeys(sql, vault, { keys, newestKnown, audit }));
    },
    remove: (kids) =>
      database.write((sql) => {
        for (const kid of kids) sql.run("DELETE FROM signing_keys WHERE kid = ?", kid);
      }),
  };
}

function addKeys(sql: Sql, vault: Vault, addition: KeyAddition): boolean {
  const { keys, newestKnown, audit } = addition;
  if (keys.some((key) => isLate(sql, key, newestKnown))) return false;
  for (const key of keys) {
    sql.run(
      "INSERT INTO signing_keys (kid, alg, created_at, sealed) VALUES (?, ?, ?, ?)",
      key.kid,
      key.alg,
      key.createdAt,
      sealSigningKey(vault, key),
    );
  }
  appendAudit(sql, vault, [audit]);
  return true;
}

// Whether somebody else has added a key since, or this very one.
function isLate(sql: Sql, key: SigningKey, newestKnown: Instant | null): boolean {
  const row =
    newestKnown === null
      ? sql.get("SELECT 1 FROM signing_keys LIMIT 1")
      : sql.get(
          "SELECT 1 FROM signing_keys WHERE kid = ? OR (alg = ? AND created_at > ?) LIMIT 1",
          key.kid,
          key.alg,
          newestKnown,
        );
  return row !== undefined;
}

function keyFrom(row: Row, vault: Vault): SigningKey {
  return openSigningKey(vault, textIn(row, "kid"), bytesIn(row, "sealed"));
}
