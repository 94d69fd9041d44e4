// Moving house: everything that lasts goes from one store to another, and is then read again in both and
// compared.
import { createHash } from "node:crypto";
import type { Application } from "../domain/application.ts";
import type { StoredAuditEvent } from "../domain/audit-event.ts";
import { canonicalJson } from "../domain/canonical-json.ts";
import type { SecurityRules } from "../domain/security-rules.ts";
import type { User } from "../domain/user.ts";
import type { Storage } from "../ports/storage.ts";
import { AdminError } from "./errors.ts";

export interface Carried {
  readonly what:
    | "applications"
    | "resources"
    | "rules"
    | "users"
    | "keys"
    | "test-numbers"
    | "audit";
  readonly count: number;
  // SHA-256 over all of them in order, as canonical JSON; the same in both stores.
  readonly checksum: string;
}

const USERS_A_PAGE = 50;
const EVENTS_A_PAGE = 500;

// Copies applications, users, rules, signing keys, test numbers and the audit log into a store that is empty, or that an
// earlier copy was broken off in. Both must have the same data key, for pairwise subjects derive from it. The
// answer says what was carried, with counts and checksums. "conflict": there is something else in the target.
// "failed": it holds something else than the source at the end, which was changed meanwhile; the target is
// not served from until a copy has ended well.
export async function copyStore(source: Storage, target: Storage): Promise<Carried[]> {
  if (source.vault.index("transfer", "") !== target.vault.index("transfer", "")) {
    throw new AdminError("conflict", "The target store has a data key of its own; it must be new.");
  }
  if (await source.transfer.isUnderWay()) {
    throw new AdminError("conflict", "The source is itself half copied; finish that first.");
  }
  if (!(await target.transfer.begin())) {
    throw new AdminError("conflict", "The target store is not empty; nothing was copied.");
  }
  await putAll(source, target);
  const [before, after] = [await takeStock(source), await takeStock(target)];
  for (const [i, { what, checksum }] of before.entries()) {
    if (after[i]?.checksum === checksum) continue;
    throw new AdminError("failed", `The ${what} differ; was the source changed? Copy again.`);
  }
  await target.transfer.end();
  return before;
}

async function putAll(source: Storage, target: Storage): Promise<void> {
  const { transfer } = target;
  await transfer.putGlobalRules((await source.rules.find(null)).global);
  for await (const { application, rules } of applicationsOf(source)) {
    await transfer.putApplication(application, rules);
  }
  await transfer.putResources(await source.resources.list());
  await transfer.putSigningKeys(await source.signingKeys.list());
  for await (const users of usersOf(source)) await transfer.putUsers(users);
  await transfer.putTestNumbers(await source.testNumbers.list());
  for await (const events of eventsOf(source)) await transfer.putAuditEvents(events);
}

// What a store holds of everything that lasts. Reads all of it.
async function takeStock(storage: Storage): Promise<Carried[]> {
  const applications = tally("applications");
  const rules = tally("rules");
  rules.add((await storage.rules.find(null)).global);
  for await (const each of applicationsOf(storage)) {
    applications.add(each.application);
    if (each.rules !== null) rules.add([each.application.id, each.rules]);
  }
  const resources = tally("resources");
  for (const each of await storage.resources.list()) resources.add(each);
  const users = tally("users");
  for await (const page of usersOf(storage)) for (const user of page) users.add(user);
  const keys = tally("keys");
  for (const key of await storage.signingKeys.list()) keys.add(key);
  const testNumbers = tally("test-numbers");
  for (const each of await storage.testNumbers.list()) {
    // Under the data key, which both have: there are so few codes that a plain hash would tell which one it is.
    testNumbers.add(storage.vault.index("test-number", canonicalJson(each)));
  }
  const audit = tally("audit");
  for await (const page of eventsOf(storage)) for (const event of page) audit.add(event);
  return [applications, resources, rules, users, keys, testNumbers, audit].map((each) =>
    each.end(),
  );
}

function tally(what: Carried["what"]): { add(item: unknown): void; end(): Carried } {
  const hash = createHash("sha256");
  let count = 0;
  return {
    add(item) {
      count++;
      hash.update(`${canonicalJson(item)}\n`);
    },
    end: () => ({ what, count, checksum: hash.digest("hex") }),
  };
}

async function* applicationsOf(
  storage: Storage,
): AsyncGenerator<{ application: Application; rules: SecurityRules | null }> {
  for (const application of await storage.applications.list()) {
    yield { application, rules: (await storage.rules.find(application.id)).own };
  }
}

async function* usersOf(storage: Storage): AsyncGenerator<User[]> {
  for (let after: string | undefined; ; ) {
    const page = await storage.users.list({ after, limit: USERS_A_PAGE });
    if (page.length === 0) return;
    yield page.map(withoutLink);
    after = page.at(-1)?.id;
  }
}

// As with sessions and tokens: a link that was mailed does not last, and a copy may be a backup.
function withoutLink({ recovery: _, ...user }: User): User {
  return user;
}

async function* eventsOf(storage: Storage): AsyncGenerator<StoredAuditEvent[]> {
  for (let after: number | undefined; ; ) {
    const page = await storage.audit.list({ after, limit: EVENTS_A_PAGE });
    if (page.length === 0) return;
    yield page;
    after = page.at(-1)?.id;
  }
}
