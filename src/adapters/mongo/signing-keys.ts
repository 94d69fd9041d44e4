// The keys that sign tokens: all in one document, so that a set is added whole or not at all.
import type { AuditEvent } from "../../domain/audit-event.ts";
import type { SigningKey } from "../../domain/signing-key.ts";
import type { Instant } from "../../domain/time.ts";
import type { Vault } from "../../domain/vault.ts";
import type { SigningKeyStore } from "../../ports/storage.ts";
import { openSigningKey, requireNewer, sealSigningKey } from "../stored/signing-key.ts";
import { changeDocument, findRevised } from "./change.ts";
import type { Database, Scope } from "./database.ts";
import type { SigningKeysDocument } from "./documents.ts";
import { eventsOf, owing, payAudit } from "./pending.ts";

export const ALL_KEYS = "all";

interface KeyAddition {
  readonly keys: readonly SigningKey[];
  readonly newestKnown: Instant | null;
  readonly audit: AuditEvent;
}

export function createSigningKeyStore(database: Database, vault: Vault): SigningKeyStore {
  return {
    list: () =>
      database.read(async ({ models }) => {
        const found = await findRevised(models.signing_keys, ALL_KEYS);
        const keys = found?.keys.map(({ kid, sealed }) => openSigningKey(vault, kid, sealed)) ?? [];
        return keys.toSorted((a, b) => a.createdAt - b.createdAt || (a.kid < b.kid ? -1 : 1));
      }),
    async add(keys, newestKnown, audit) {
      requireNewer(keys, newestKnown);
      return database.write((scope) => addKeys(scope, vault, { keys, newestKnown, audit }));
    },
    remove: (kids) =>
      database.write(async (scope) => {
        await changeDocument<SigningKeysDocument, null>(
          scope,
          scope.models.signing_keys,
          ALL_KEYS,
          (found) => {
            if (found === null) return { keep: null };
            const keys = found.keys.filter(({ kid }) => !kids.includes(kid));
            return { put: { ...found, keys }, say: null };
          },
        );
      }),
  };
}

async function addKeys(scope: Scope, vault: Vault, addition: KeyAddition): Promise<boolean> {
  const { keys, newestKnown, audit } = addition;
  const { signing_keys } = scope.models;
  const events = eventsOf(scope, vault, [audit]);
  const { said, after } = await changeDocument<SigningKeysDocument, boolean>(
    scope,
    signing_keys,
    ALL_KEYS,
    async (found) => {
      const stored = found?.keys ?? [];
      if (keys.some((key) => isLate(stored, key, newestKnown))) return { keep: false };
      const added = keys.map((key) => ({
        kid: key.kid,
        alg: key.alg,
        createdAt: key.createdAt,
        sealed: sealSigningKey(vault, key),
      }));
      const owed = owing(found?.pending, { audit: await events() });
      return { put: { keys: [...stored, ...added], ...owed }, say: true };
    },
  );
  await payAudit(scope, signing_keys, after);
  return said;
}

// Whether somebody else has added a key since, or this very one.
function isLate(
  stored: SigningKeysDocument["keys"],
  key: SigningKey,
  newestKnown: Instant | null,
): boolean {
  if (newestKnown === null) return stored.length > 0;
  return stored.some(
    ({ kid, alg, createdAt }) => kid === key.kid || (alg === key.alg && createdAt > newestKnown),
  );
}
