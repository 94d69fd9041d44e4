// Ending every sign-in, whoever's it is.
import type { Vault } from "../../domain/vault.ts";
import type { Scope } from "./database.ts";
import type { InteractionDocument } from "./documents.ts";
import { payMove } from "./move-effects.ts";

// In the order of ids, by their index.
const ANY = { _id: { $gt: "" } };
const REVOCABLE = { ...ANY, model: { $ne: "ReplayDetection" } };
const BY_ID = { _id: 1 } as const;

// By id, since a delete has no limit of its own.
export async function endSignIns(scope: Scope, vault: Vault, rowsMax: number): Promise<number> {
  const { records, sessions } = scope.models;
  const revocable = await records.find(REVOCABLE, BY_ID).sort(BY_ID).limit(rowsMax).lean();
  let ended = (await records.deleteMany(among(revocable))).deletedCount;
  if (ended < rowsMax) {
    const left = rowsMax - ended;
    const open = await sessions.find(ANY, BY_ID).sort(BY_ID).limit(left).lean();
    ended += (await sessions.deleteMany(among(open))).deletedCount;
  }
  if (ended < rowsMax) ended += await endInteractions(scope, vault, rowsMax - ended);
  return ended;
}

// One by one: what one of them still owes is paid.
async function endInteractions(scope: Scope, vault: Vault, rowsMax: number): Promise<number> {
  let ended = 0;
  while (ended < rowsMax) {
    scope.check();
    const gone = await scope.models.interactions
      .findOneAndDelete(ANY)
      .sort(BY_ID)
      .lean<InteractionDocument>();
    if (gone === null) break;
    ended++;
    await payMove(scope, vault, gone);
  }
  return ended;
}

function among(found: readonly { readonly _id: string }[]): { _id: { $in: string[] } } {
  return { _id: { $in: found.map(({ _id }) => _id) } };
}
