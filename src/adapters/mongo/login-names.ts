// Login names: a row of its own for each, whose _id makes it unique. A name is reserved before the user's
// document says that it has it, and given back after it says no more. What a crash leaves reserved belongs
// to nobody, and is taken over once it is too old to be somebody's work under way.
import { randomUUID } from "node:crypto";
import { insertNew } from "./change.ts";
import type { Scope } from "./database.ts";
import type { LoginNameDocument } from "./documents.ts";

// Many times what one call may take, and the clocks of nodes may differ.
const ABANDONED_MS = 60_000;

export interface Reservation {
  readonly key: string;
  readonly reservation: string;
}

// Reserves all of them or none; null: one belongs to another user. Those that were made here alone are
// returned, to be given back if nothing comes of it.
export async function reserveNames(
  scope: Scope,
  userId: string,
  keys: readonly string[],
): Promise<Reservation[] | null> {
  const made: Reservation[] = [];
  // Always in the same order, so that of two who want the same names one gets them all.
  for (const key of keys.toSorted()) {
    const outcome = await reserveName(scope, userId, key);
    if (outcome === "taken") {
      await releaseNames(scope, made);
      return null;
    }
    if (outcome !== "own") made.push(outcome);
  }
  return made;
}

// Gives names back, but for those that somebody has reserved anew.
export async function releaseNames(
  { models }: Scope,
  reservations: readonly Reservation[],
): Promise<void> {
  for (const { key, reservation } of reservations) {
    await models.login_names.deleteOne({ _id: key, reservation });
  }
}

// The rows of these names, as they are reserved at the moment.
export async function findReservations(
  { models }: Scope,
  userId: string,
  keys: readonly string[],
): Promise<Reservation[]> {
  if (keys.length === 0) return [];
  const rows = await models.login_names
    .find({ _id: { $in: [...keys] } })
    .lean<LoginNameDocument[]>();
  return rows
    .filter((row) => row.userId === userId)
    .map(({ _id, reservation }) => ({ key: _id, reservation }));
}

async function reserveName(
  scope: Scope,
  userId: string,
  key: string,
): Promise<Reservation | "own" | "taken"> {
  const { models } = scope;
  const mine = { userId, reservation: randomUUID(), at: new Date() };
  for (;;) {
    scope.check();
    if (await insertNew(models.login_names, { _id: key, ...mine })) {
      return { key, reservation: mine.reservation };
    }
    const row = await models.login_names.findOne({ _id: key }).lean<LoginNameDocument>();
    // Given back just now: again.
    if (row === null) continue;
    if (row.userId !== userId && !(await isAbandoned(scope, row))) return "taken";
    const taken = await models.login_names.updateOne(
      { _id: key, reservation: row.reservation },
      { $set: mine },
    );
    if (taken.matchedCount === 1) {
      return row.userId === userId ? "own" : { key, reservation: mine.reservation };
    }
  }
}

async function isAbandoned({ models }: Scope, row: LoginNameDocument): Promise<boolean> {
  if (row.at.getTime() > Date.now() - ABANDONED_MS) return false;
  const owner = await models.users.findOne({ _id: row.userId }, { names: 1 }).lean();
  return owner === null || !owner.names.includes(row._id);
}
