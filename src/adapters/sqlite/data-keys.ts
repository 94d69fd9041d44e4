// Replacing the data key of the embedded store.
import type { Vault } from "../../domain/vault.ts";
import type { DataKeyStore } from "../../ports/data-keys.ts";
import { changedKeys, createFollower } from "../stored/data-key.ts";
import { KINDS, resealEntry } from "../stored/registered.ts";
import { openSigningKey, sealSigningKey } from "../stored/signing-key.ts";
import { openTestNumber, sealTestNumber } from "../stored/test-number.ts";
import { findDataKey, storeDataKey } from "./data-key.ts";
import type { Database } from "./database.ts";
import { TABLES } from "./registry.ts";
import { bytesIn, type Sql, textIn } from "./sql.ts";
import { listUsers, updateUser, writeLoginNames } from "./user-rows.ts";

const USERS_A_TIME = 50;

// The same two doors, behind which a vault has the keys of the store: they are looked for before the work, in the same
// transaction.
export function followingKeys(
  database: Database,
  vault: Vault,
  secrets: readonly string[],
): Database {
  const follower = createFollower(vault, secrets);
  const fresh =
    <T>(work: (sql: Sql) => T) =>
    (sql: Sql) => {
      if (follower.isDue()) follower.follow(findDataKey(sql));
      return work(sql);
    };
  return {
    ...database,
    read: (query) => database.read(fresh(query)),
    write: (change) => database.write(fresh(change)),
  };
}

export function createDataKeyStore(
  database: Database,
  vault: Vault,
  secrets: readonly string[],
): DataKeyStore {
  const follower = createFollower(vault, secrets);
  return {
    async change(decide) {
      const { ring, stored } = await database.write((sql) => {
        const found = findDataKey(sql);
        if (found === null) throw new Error("the store has no data key");
        const changed = changedKeys(found, secrets, decide);
        if (changed.toStore !== null) storeDataKey(sql, changed.toStore);
        return { ring: changed.ring, stored: changed.toStore ?? found };
      });
      follower.follow(stored);
      return ring;
    },
    resealUsers: (after) =>
      database.write((sql) => {
        const users = listUsers(sql, vault, after, USERS_A_TIME);
        for (const user of users) {
          updateUser(sql, vault, user);
          writeLoginNames(sql, vault, user);
        }
        const last = users.at(-1);
        return last === undefined ? null : { last: last.id, count: users.length };
      }),
    resealOthers: () => database.write((sql) => resealOthers(sql, vault)),
  };
}

function resealOthers(sql: Sql, vault: Vault): void {
  for (const kind of KINDS) {
    for (const row of sql.all(`SELECT id, sealed FROM ${TABLES[kind]} ORDER BY id`)) {
      const id = textIn(row, "id");
      const sealed = resealEntry(vault, kind, id, bytesIn(row, "sealed"));
      sql.run(`UPDATE ${TABLES[kind]} SET sealed = ? WHERE id = ?`, sealed, id);
    }
  }
  for (const row of sql.all("SELECT kid, sealed FROM signing_keys ORDER BY created_at, kid")) {
    const key = openSigningKey(vault, textIn(row, "kid"), bytesIn(row, "sealed"));
    const sealed = sealSigningKey(vault, key);
    sql.run("UPDATE signing_keys SET sealed = ? WHERE kid = ?", sealed, key.kid);
  }
  for (const row of sql.all("SELECT key, sealed FROM test_numbers")) {
    const key = textIn(row, "key");
    const sealed = sealTestNumber(vault, openTestNumber(vault, key, bytesIn(row, "sealed")));
    sql.run("UPDATE test_numbers SET sealed = ? WHERE key = ?", sealed, key);
  }
}
