// Texts as an administrator sees them: what became of them, their figures, and what the fraud guard has
// paused. Never a number, never a code.

import { type Pause, scopeOf, trialBeginsAt } from "../domain/fraud-guard.ts";
import type { StoredMessage } from "../domain/message.ts";
import { createFigures, type FigureGroup, type FiguresOfGroup } from "../domain/message-figures.ts";
import type { Instant } from "../domain/time.ts";
import { type AdminDeps, auditEvent } from "./deps.ts";
import { AdminError } from "./errors.ts";

const PAGE = 500;
const LIMIT_MAX = 1000;

export interface MessageListQuery {
  readonly from: Instant;
  readonly to: Instant;
  readonly limit: number;
}

// The texts of a time, oldest first, so many at most. "usage": the time or the number makes no sense.
export async function listMessages(
  { storage }: Pick<AdminDeps, "storage">,
  { from, to, limit }: MessageListQuery,
): Promise<StoredMessage[]> {
  requireTime(from, to);
  if (limit < 1 || limit > LIMIT_MAX) {
    throw new AdminError("usage", `The limit is from 1 to ${LIMIT_MAX}.`);
  }
  return storage.messages.list({ from, to, limit });
}

// The figures of a time, for everything and for each country, application or provider: how many were sent,
// delivered and used, the median seconds from sending to the right code, failures by reason, and what it cost
// in millionths of the currency. Reads all texts of that time.
export async function messageStats(
  { storage }: Pick<AdminDeps, "storage">,
  { from, to, by }: { readonly from: Instant; readonly to: Instant; readonly by: FigureGroup },
): Promise<FiguresOfGroup[]> {
  requireTime(from, to);
  const figures = createFigures(by);
  for (let after: StoredMessage | undefined; ; ) {
    const page = await storage.messages.list({ from, to, after, limit: PAGE });
    for (const message of page) figures.add(message);
    if (page.length < PAGE) return figures.end();
    after = page.at(-1);
  }
}

// The ranges of numbers and the countries to which texts are paused, and when each is tried again by itself.
export async function listPauses({
  storage,
  limits,
}: Pick<AdminDeps, "storage" | "limits">): Promise<ListedPause[]> {
  const pauses = await storage.messages.listPauses();
  return pauses.map(({ scope, pausedAt }) => {
    const since = pausedAt ?? 0;
    return { scope, since, trialFrom: trialBeginsAt(since, limits) };
  });
}

export interface ListedPause extends Pick<Pause, "scope"> {
  readonly since: Instant;
  readonly trialFrom: Instant;
}

// Lifts a pause: texts from now on count anew. "usage": no such place; "not-found": it is not paused.
export async function liftPause(deps: AdminDeps, place: string): Promise<{ scope: string }> {
  const scope = scopeNamed(place);
  const event = { action: "texts-resumed", target: `sms:${scope}`, details: {} } as const;
  const lifted = await deps.storage.messages.lift(scope, deps.now(), auditEvent(deps, event));
  if (!lifted) throw new AdminError("not-found", `Texts to ${place} are not paused.`);
  return { scope };
}

// "+1415555" or "US".
function scopeNamed(place: string): string {
  if (/^\+\d{1,14}$/.test(place)) return scopeOf({ prefix: place });
  if (/^[A-Z]{2}$/.test(place)) return scopeOf({ country: place });
  throw new AdminError("usage", "A place is a range of numbers (+1415555) or a country (US).");
}

function requireTime(from: Instant, to: Instant): void {
  if (from < to) return;
  throw new AdminError("usage", "The time ends before it begins.");
}
