// The one way in which a document with a revision is changed: read it, let the domain judge it, and write what
// comes of it on condition that it is still what was read; else begin again. n parallel changes of one
// document are n changes one after the other.
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Model, UpdateWriteOpResult } from "mongoose";
import { UnavailableError } from "../../ports/errors.ts";
import type { Scope } from "./database.ts";
import type { Revised } from "./documents.ts";
import { isDuplicate } from "./failures.ts";

// What becomes of a document: it stays, is replaced or goes; and what the caller is told.
export type Change<D extends Revised, T> =
  | { readonly keep: T }
  | { readonly put: Omit<D, "_id" | "revision">; readonly say: T }
  | { readonly remove: T };

export interface Changed<D, T> {
  readonly said: T;
  // The document after the change; null: there is none.
  readonly after: D | null;
}

const ROUNDS_MAX = 200;
const PAUSE_MS_MAX = 20;

// `known`: the document as it was read a moment ago, if it was; if it has changed since, the write will tell.
export async function changeDocument<D extends Revised, T>(
  scope: Scope,
  model: Model<D>,
  id: string,
  decide: (found: D | null) => Change<D, T> | Promise<Change<D, T>>,
  known?: D | null | undefined,
): Promise<Changed<D, T>> {
  return scope.turns<Changed<D, T>>(`${model.modelName}:${id}`, async (before) => {
    // Whoever waited for others knows what they left, and need not read it again.
    const latest = before === undefined ? known : before.after;
    for (let round = 0; round < ROUNDS_MAX; round++) {
      scope.check();
      const found = round === 0 && latest !== undefined ? latest : await findRevised(model, id);
      const change = await decide(found);
      if ("keep" in change) return { said: change.keep, after: found };
      scope.check();
      if ("remove" in change) {
        if (found === null || (await removeRevision(model, found))) {
          return { said: change.remove, after: null };
        }
      } else {
        const after = { ...change.put, _id: id, revision: randomUUID() } as unknown as D;
        if (await writeOver(model, found, after)) return { said: change.say, after };
      }
      // Another process was faster. A random pause, or those that met once would meet again.
      await delay(Math.random() * Math.min(2 * round, PAUSE_MS_MAX));
    }
    throw new UnavailableError("store", `too many change ${model.modelName} at once`);
  });
}

export async function findRevised<D extends Revised>(
  model: Model<D>,
  id: string,
): Promise<D | null> {
  return (await model.findOne(byId(id)).lean()) as D | null;
}

// True for exactly one of those who read the same revision.
export async function writeOver<D extends Revised>(
  model: Model<D>,
  found: D | null,
  after: D,
): Promise<boolean> {
  if (found === null) return insertNew(model, after);
  const { _id, ...rest } = after;
  const written = (await model.replaceOne(atRevision(found), rest as never)) as UpdateWriteOpResult;
  return written.matchedCount === 1;
}

// True for exactly one of those who insert the same _id.
export async function insertNew<D extends { readonly _id: unknown }>(
  model: Model<D>,
  document: D,
): Promise<boolean> {
  try {
    await model.create([document] as never);
    return true;
  } catch (error) {
    if (isDuplicate(error)) return false;
    throw error;
  }
}

async function removeRevision<D extends Revised>(model: Model<D>, found: D): Promise<boolean> {
  return (await model.deleteOne(atRevision(found))).deletedCount === 1;
}

// biome-ignore lint/suspicious/noExplicitAny: Mongoose cannot tell that every document type here has these.
export function atRevision({ _id, revision }: Revised): any {
  return { _id, revision };
}

// biome-ignore lint/suspicious/noExplicitAny: as above.
export function byId(_id: string): any {
  return { _id };
}
