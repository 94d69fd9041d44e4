// A phone is replaced by one move at a time: who makes it reserves the user before the move, and the move's own debt
// ends the reservation. Without it two moves at once would both be made, and one of them would find its user changed
// when it is too late to say so.

import { changeDocument } from "./change.ts";
import type { Scope } from "./database.ts";
import type { UserDocument } from "./documents.ts";

// A reservation that is older was left by a crash, and the sweep has paid what the move owed, if it was made.
const REPLACING_MS = 120_000;

// False: the user is gone, or is another one than was judged, or somebody else is about to.
export async function reserveReplacement(
  scope: Scope,
  userId: string,
  id: string,
  fits: (found: UserDocument) => boolean,
): Promise<boolean> {
  const now = Date.now();
  const { said } = await changeDocument<UserDocument, boolean>(
    scope,
    scope.models.users,
    userId,
    (found) => {
      if (found === null || !fits(found)) return { keep: false };
      if (found.replacing?.some(({ until }) => until > now)) return { keep: false };
      return { put: { ...found, replacing: [{ id, until: now + REPLACING_MS }] }, say: true };
    },
  );
  return said;
}

// Gives it back, if it is this one's still.
export async function releaseReplacement(scope: Scope, userId: string, id: string): Promise<void> {
  await changeDocument<UserDocument, null>(scope, scope.models.users, userId, (found) => {
    if (!found?.replacing?.some((each) => each.id === id)) return { keep: null };
    return { put: withoutReplacement(found), say: null };
  });
}

// As it is when nobody is about to.
export function withoutReplacement({
  replacing: _,
  ...rest
}: UserDocument): Omit<UserDocument, "replacing"> {
  return rest;
}
