// Interactions that have expired: what is to be said of one that nobody ended is owed from the one conditional write
// that claims it, which takes its state away, so that nobody is told twice. What owes nothing is deleted.
import { randomUUID } from "node:crypto";
import type { Instant } from "../../domain/time.ts";
import type { Vault } from "../../domain/vault.ts";
import type { InteractionStore, JudgeLeft, LeftInteraction } from "../../ports/interactions.ts";
import { openLeft, readable } from "../stored/interaction.ts";
import { countAll } from "./attempt-runs.ts";
import { numberEvents } from "./audit.ts";
import { findRevised, writeOver } from "./change.ts";
import type { Database, Scope } from "./database.ts";
import { isAlive, toDate } from "./dates.ts";
import type { InteractionDocument } from "./documents.ts";
import { attemptsKey, findAttempts } from "./interaction-documents.ts";
import { countCapped, queuedDocuments, releaseCapped } from "./mails.ts";
import { payMove } from "./move-effects.ts";
import { owing } from "./pending.ts";
import { findUserDocument, userFrom } from "./user-documents.ts";

// So few at a time that nobody's request waits behind it.
const BATCH = 500;

// Longer than a call may take.
const TURN_SECONDS = 15;

type Expired = Pick<InteractionDocument, "_id" | "expiresAt" | "ended" | "pending"> & {
  readonly state: unknown;
};

interface Sweeping {
  readonly now: Instant;
  readonly judge: JudgeLeft;
}

export function createInteractionSweep(
  database: Database,
  vault: Vault,
): InteractionStore["sweep"] {
  return async (now, rowsMax, judge) => {
    let deleted = 0;
    for (let full = true; full && deleted < rowsMax; ) {
      const rows = Math.min(BATCH, rowsMax - deleted);
      const found = await database.write((scope) => findExpired(scope, now, rows));
      // Each is a call of its own, and has the time of one.
      for (const each of found) {
        if (!hasToSay(each)) continue;
        await database.write((scope) => tell(scope, vault, each._id, { now, judge }));
      }
      const swept = await database.write((scope) => deleteSilent(scope, found));
      deleted += swept;
      full = swept === rows;
    }
    return deleted;
  };
}

function findExpired({ models }: Scope, now: Instant, rows: number): Promise<Expired[]> {
  return models.interactions
    .find({ expiresAt: { $lte: toDate(now) } }, { expiresAt: 1, state: 1, ended: 1, pending: 1 })
    .sort({ expiresAt: 1 })
    .limit(rows)
    .lean<Expired[]>();
}

function hasToSay({ state, ended, pending }: Expired): boolean {
  return pending !== undefined || (state !== null && !ended);
}

// Only what still is as silent as it was found, and expired: an engine's record may have been saved anew.
async function deleteSilent({ models }: Scope, found: readonly Expired[]): Promise<number> {
  const last = found.at(-1);
  if (last === undefined) return 0;
  const swept = await models.interactions.deleteMany({
    _id: { $in: found.map(({ _id }) => _id) },
    expiresAt: { $lte: last.expiresAt },
    pending: { $exists: false },
    $or: [{ state: null }, { ended: true }],
  });
  return swept.deletedCount;
}

async function tell(
  scope: Scope,
  vault: Vault,
  key: string,
  { now, judge }: Sweeping,
): Promise<void> {
  const { interactions } = scope.models;
  const found = await findRevised<InteractionDocument>(interactions, key);
  if (found === null || isAlive(found.expiresAt, now)) return;
  // Somebody has claimed it and may be gone: paying twice is paying once.
  if (found.state === null || found.ended) return payMove(scope, vault, found);

  const left = await readLeft(scope, vault, found);
  const { audit = [], cappedMails = [] } = left === null ? {} : judge(left, now);
  if (cappedMails.length > 0 && !(await isFirst(scope, vault, key, now))) return;
  const counted = await countCapped(scope, vault, cappedMails, now);
  const claimed: InteractionDocument = {
    ...found,
    revision: randomUUID(),
    state: null,
    // Whoever has read it while it was alive, by another clock, moves it no more.
    version: found.version + 1,
    ...owing(found.pending, {
      audit: await numberEvents(scope, vault, audit),
      mails: queuedDocuments(
        vault,
        counted.map(({ mail }) => mail),
      ),
    }),
  };
  scope.check();
  if (await writeOver(interactions, found, claimed)) await payMove(scope, vault, claimed);
  else await releaseCapped(scope, vault, counted);
}

// True for one of those who find it at once, until it has had the time to be done with it. What decides is the claim;
// but of several who counted its mail, one might find the budget used up by what the others will give back, and then
// be the one who claims.
async function isFirst(scope: Scope, vault: Vault, key: string, now: Instant): Promise<boolean> {
  const turn = { kind: "window", max: 1, windowSeconds: TURN_SECONDS } as const;
  const counted = await countAll(scope, vault, [{ key: `left:${key}`, policy: turn }], now);
  return counted.outcome === "counted";
}

async function readLeft(
  scope: Scope,
  vault: Vault,
  found: InteractionDocument,
): Promise<LeftInteraction | null> {
  if (found.state === null) return null;
  const opened = openLeft(vault, found._id, { record: found.record, state: found.state });
  if (opened === null) return null;
  const { userId } = opened.state;
  if (userId === null) return { ...opened, attempts: 0, user: null };
  const attempts = await findAttempts(scope, userId, attemptsKey(found));
  const user = await findUserDocument(scope, userId);
  return { ...opened, attempts, user: readable(() => userFrom(vault, user)) };
}
