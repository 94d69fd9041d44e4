// Replacing the data key, for when somebody may know it: an old SECRET opens it in an old copy of the store. Every
// process learns of the new key before it seals; then everything that lasts is sealed and indexed anew, twice: under
// both keys, and, once nobody looks under the old one any more, under the new one alone.
import { newestOf, retiredAt, withNewKey, withOldKeysRetired } from "../domain/key-ring.ts";
import { addSeconds, type Instant } from "../domain/time.ts";
import { createDataKey } from "../domain/vault.ts";
import { type AdminDeps, auditEvent } from "./deps.ts";

export interface RotationOptions {
  // Resolves when it is so late.
  readonly waitUntil: (at: Instant) => Promise<void>;
  readonly onProgress: (sentence: string) => void;
}

type RotationDeps = Pick<AdminDeps, "storage" | "now" | "actor" | "limits">;

// Replaces the data key, or goes on with a replacement that was broken off. Safe beside servers and beside itself.
export async function rotateDataKey(
  deps: RotationDeps,
  { waitUntil, onProgress }: RotationOptions,
): Promise<{ readonly users: number; readonly since: string }> {
  const { dataKeys, audit } = deps.storage;
  const later = () => addSeconds(deps.now(), deps.limits.dataKeyPublishSeconds);
  let ring = await dataKeys.change((found) => withNewKey(found, createDataKey(), later()));
  const { from } = newestOf(ring);
  onProgress("The new key is published; waiting until every process knows it.");
  await waitUntil(from);
  if (retiredAt(ring) === null) {
    await resealAll(deps, onProgress);
    ring = await dataKeys.change((found) => withOldKeysRetired(found, later()));
  }
  onProgress("Everything is sealed anew; waiting until nobody looks under the old key.");
  await waitUntil(retiredAt(ring) ?? from);
  const users = await resealAll(deps, onProgress);
  await dataKeys.change((found) => ({ ...found, isRotating: false }));
  const event = { action: "data-key-rotated", target: "store", details: { users } } as const;
  await audit.append([auditEvent(deps, event)]);
  return { users, since: new Date(from).toISOString() };
}

async function resealAll(
  { storage: { dataKeys } }: RotationDeps,
  onProgress: (sentence: string) => void,
): Promise<number> {
  await dataKeys.resealOthers();
  let count = 0;
  for (let after = ""; ; ) {
    const page = await dataKeys.resealUsers(after);
    if (page === null) return count;
    count += page.count;
    after = page.last;
    if (count % 1000 < page.count) onProgress(`${count} users are sealed anew.`);
  }
}
