// The test numbers: a document for each number that is listed.
import type { AuditEvent } from "../../domain/audit-event.ts";
import type { TestNumber } from "../../domain/test-number.ts";
import type { Vault } from "../../domain/vault.ts";
import type { TestNumberStore } from "../../ports/test-numbers.ts";
import { byAge, openTestNumber, sealTestNumber, testNumberKey } from "../stored/test-number.ts";
import { byId, changeDocument } from "./change.ts";
import type { Database, Scope } from "./database.ts";
import type { TestNumberDocument } from "./documents.ts";
import { eventsOf, owing, payAudit } from "./pending.ts";
import { finishRemoval } from "./removals.ts";

export function createTestNumberStore(database: Database, vault: Vault): TestNumberStore {
  return {
    add: (listed, audit) => database.write((scope) => add(scope, vault, listed, audit)),
    find: (number) =>
      database.read(async ({ models }) =>
        listingIn(
          vault,
          await models.test_numbers
            .findOne(byId(testNumberKey(vault, number)))
            .lean<TestNumberDocument>(),
        ),
      ),
    remove: (listed, audit) => database.write((scope) => remove(scope, vault, listed, audit)),
    list: () =>
      database.read(async ({ models }) => {
        const found = await models.test_numbers.find({}).lean<TestNumberDocument[]>();
        return found.flatMap((each) => listingIn(vault, each) ?? []).toSorted(byAge);
      }),
  };
}

// Puts a listing as it is, over what is there.
export async function putTestNumber(scope: Scope, vault: Vault, listed: TestNumber): Promise<void> {
  await changeDocument<TestNumberDocument, null>(
    scope,
    scope.models.test_numbers,
    testNumberKey(vault, listed.number),
    () => ({ put: { sealed: sealTestNumber(vault, listed), removed: false }, say: null }),
  );
}

async function add(
  scope: Scope,
  vault: Vault,
  listed: TestNumber,
  audit: AuditEvent,
): Promise<"added" | "conflict"> {
  const { test_numbers } = scope.models;
  const events = eventsOf(scope, vault, [audit]);
  const { said, after } = await changeDocument<TestNumberDocument, "added" | "conflict">(
    scope,
    test_numbers,
    testNumberKey(vault, listed.number),
    async (found) => {
      if (listingIn(vault, found) !== null) return { keep: "conflict" };
      const owed = owing(found?.pending, { audit: await events() });
      return {
        put: { sealed: sealTestNumber(vault, listed), removed: false, ...owed },
        say: "added",
      };
    },
  );
  if (said === "added") await payAudit(scope, test_numbers, after);
  return said;
}

async function remove(
  scope: Scope,
  vault: Vault,
  { number, id }: Pick<TestNumber, "number" | "id">,
  audit: AuditEvent,
): Promise<"changed" | "absent"> {
  const { test_numbers } = scope.models;
  const events = eventsOf(scope, vault, [audit]);
  const { said, after } = await changeDocument<TestNumberDocument, "changed" | "absent">(
    scope,
    test_numbers,
    testNumberKey(vault, number),
    async (found) => {
      if (found === null || listingIn(vault, found)?.id !== id) return { keep: "absent" };
      const owed = owing(found.pending, { audit: await events() });
      return { put: { ...found, removed: true, ...owed }, say: "changed" };
    },
  );
  if (said === "changed" && after !== null) await finishRemoval(scope, test_numbers, after);
  return said;
}

function listingIn(vault: Vault, found: TestNumberDocument | null): TestNumber | null {
  return found === null || found.removed ? null : openTestNumber(vault, found._id, found.sealed);
}
