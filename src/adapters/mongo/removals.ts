// Removing what still owes something: first it is marked, so that nobody finds it any more, then it pays what
// it owes, and then it goes.
import type { Model } from "mongoose";
import { writeEvents } from "./audit.ts";
import { atRevision } from "./change.ts";
import type { Scope } from "./database.ts";
import type { Revised } from "./documents.ts";
import { writeQueued } from "./mails.ts";

// Not if somebody has changed the document since: then it is not a removed one any more.
export async function finishRemoval<D extends Revised>(
  scope: Scope,
  model: Model<D>,
  marked: D,
): Promise<void> {
  await writeEvents(scope, marked.pending?.audit ?? []);
  await writeQueued(scope, marked.pending?.mails ?? []);
  await model.deleteOne(atRevision(marked));
}
