// What is remembered of a number: the texts that it was sent, and who is about to bind it.

import {
  type Asker,
  afterFailedSend,
  afterSuccess,
  type NumberHistory,
} from "../../domain/send-policy.ts";
import type { Vault } from "../../domain/vault.ts";
import type { FailedSend, NumberStore } from "../../ports/storage.ts";
import { historyEndsAt, historyFrom, numberKey, storedHistory } from "../stored/number.ts";
import { countedUnder, takeBack } from "./attempt-runs.ts";
import { byId, type Change, changeDocument } from "./change.ts";
import type { Database, Scope } from "./database.ts";
import { toDate } from "./dates.ts";
import type { NumberDocument } from "./documents.ts";
import { findHolders } from "./user-documents.ts";

// Many times what one call may take. A reservation that is older was left by a crash.
const BINDING_MS = 60_000;

export function createNumberStore(database: Database, vault: Vault): NumberStore {
  return {
    history: (number) =>
      database.read(async ({ models }) =>
        historyFrom(
          await models.numbers.findOne(byId(numberKey(vault, number))).lean<NumberDocument>(),
        ),
      ),
    counted: (key, now) => database.read((scope) => countedUnder(scope, vault, key, now)),
    forgetSend: (send) => database.write((scope) => forgetSend(scope, vault, send)),
  };
}

// By its instant a send is taken back once, and so is what it counted.
export async function forgetSend(scope: Scope, vault: Vault, send: FailedSend): Promise<void> {
  const found = await changeNumber(scope, vault, send.number, (found) => {
    const history = historyFrom(found);
    const after = afterFailedSend(history, send.asker, send.at);
    return after === history ? { keep: false } : change(after, found?.binding ?? [], true);
  });
  if (!found) return;
  for (const { key, weight } of send.budgets ?? []) await takeBack(scope, vault, key, weight);
}

// One more change of a number, judged by its history.
export async function changeNumber<T>(
  scope: Scope,
  vault: Vault,
  number: string,
  decide: (
    found: NumberDocument | null,
  ) => Change<NumberDocument, T> | Promise<Change<NumberDocument, T>>,
): Promise<T> {
  const key = numberKey(vault, number);
  return (await changeDocument(scope, scope.models.numbers, key, decide)).said;
}

// What a number becomes with this history and these reservations.
export function change<T>(
  history: NumberHistory,
  binding: NumberDocument["binding"],
  say: T,
): Change<NumberDocument, T> {
  const ends = [historyEndsAt(history), ...binding.map(({ until }) => until)];
  const known = ends.filter((end) => end !== null);
  if (known.length === 0) return { remove: say };
  return {
    put: { ...storedHistory(history), binding, expiresAt: toDate(Math.max(...known)) },
    say,
  };
}

// Reserves the number for one more user; false: too many have it or are about to. Reservations and users are
// read in this order and written on condition that nobody reserved or bound meanwhile, for who binds
// gives the reservation back: so that of any number of users at once no more than may get it.
export async function reserveBinding(
  scope: Scope,
  vault: Vault,
  given: { readonly number: string; readonly userId: string; readonly usersMax: number },
): Promise<boolean> {
  const { number, userId, usersMax } = given;
  const now = Date.now();
  return changeNumber(scope, vault, number, async (found) => {
    const others = (found?.binding ?? []).filter(
      (each) => each.until > now && each.userId !== userId,
    );
    const holders = await findHolders(scope, vault, number, usersMax + 1);
    const all = new Set([...others.map((each) => each.userId), ...holders]);
    all.delete(userId);
    if (all.size >= usersMax) return { keep: false };
    return change(historyFrom(found), [...others, { userId, until: now + BINDING_MS }], true);
  });
}

export async function releaseBinding(
  scope: Scope,
  vault: Vault,
  number: string,
  userId: string,
): Promise<void> {
  await changeNumber(scope, vault, number, (found) =>
    found === null ? { keep: null } : change(historyFrom(found), without(found, userId), null),
  );
}

// A right code: the number may be texted at once again, and whoever was about to bind it has it.
export async function recordSuccess(
  scope: Scope,
  vault: Vault,
  number: string,
  { userId, asker }: { readonly userId: string; readonly asker: Asker },
): Promise<void> {
  await changeNumber(scope, vault, number, (found) => {
    const history = historyFrom(found);
    const after = afterSuccess(history, asker);
    const isReserved = found?.binding.some((each) => each.userId === userId) ?? false;
    if (after === history && !isReserved) return { keep: null };
    return change(after, without(found, userId), null);
  });
}

function without(found: NumberDocument | null, userId: string): NumberDocument["binding"] {
  return (found?.binding ?? []).filter((each) => each.userId !== userId);
}
