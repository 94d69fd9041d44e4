// A phone is replaced by one move at a time: who makes it reserves the user before, and the move's own debt ends that.
// Without it two moves at once would both be made, and one would find its user changed when it is too late to say so.
// Tries at one interaction share it, since its own document lets one of them move: whoever never heard of a try, for
// the database failed, types the code again.
import { changeDocument } from "./change.ts";
import type { Scope } from "./database.ts";
import type { UserDocument } from "./documents.ts";

// A reservation that is older was left by a crash, and the sweep has paid what the move owed, if it was made.
const REPLACING_MS = 120_000;

export interface Reservation {
  // Of this try.
  readonly id: string;
  // The interaction that it is a try of.
  readonly by: string;
}

// False: the user is gone, or is another one than was judged, or another interaction is about to.
export async function reserveReplacement(
  scope: Scope,
  userId: string,
  { id, by }: Reservation,
  fits: (found: UserDocument) => boolean,
): Promise<boolean> {
  const now = Date.now();
  const { said } = await changeDocument<UserDocument, boolean>(
    scope,
    scope.models.users,
    userId,
    (found) => {
      if (found === null || !fits(found)) return { keep: false };
      const held = found.replacing?.filter(({ until }) => until > now) ?? [];
      if (held.some((each) => each.by !== by)) return { keep: false };
      const replacing = [...held, { id, by, until: now + REPLACING_MS }];
      return { put: { ...found, replacing }, say: true };
    },
  );
  return said;
}

// Gives back what this try has of it. The one that moved may owe the change still, and keeps its own.
export async function releaseReplacement(
  scope: Scope,
  userId: string,
  { id }: Reservation,
): Promise<void> {
  await changeDocument<UserDocument, null>(scope, scope.models.users, userId, (found) => {
    if (!found?.replacing?.some((each) => each.id === id)) return { keep: null };
    const replacing = found.replacing.filter((each) => each.id !== id);
    const put = withoutReplacement(found);
    return { put: replacing.length === 0 ? put : { ...put, replacing }, say: null };
  });
}

// As it is when nobody is about to.
export function withoutReplacement({
  replacing: _,
  ...rest
}: UserDocument): Omit<UserDocument, "replacing"> {
  return rest;
}
