// Joining what parallel requests wrote into the engine's session, which reads it at the start of a
// request and writes it whole at the end.
import type { RecordPayload } from "../../ports/records.ts";

type Authorizations = Readonly<Record<string, unknown>>;

// The session to write, with the authorizations of those that were written before, its own winning. Null
// says that this request took one away: an absent one could as well be new.
export function joinSessions(before: readonly RecordPayload[], own: RecordPayload): RecordPayload {
  const all = [...before, own].map(authorizationsOf);
  if (all.every((each) => each === null)) return own;
  // By entries and not by spreading into a literal: a client id may be "__proto__".
  const entries = new Map(all.flatMap((each) => Object.entries(each ?? {})));
  const kept = [...entries].filter(([, authorization]) => authorization !== null);
  return { ...own, authorizations: Object.fromEntries(kept) };
}

function authorizationsOf(payload: RecordPayload): Authorizations | null {
  const { authorizations } = payload;
  if (typeof authorizations !== "object" || authorizations === null) return null;
  return { ...authorizations };
}
