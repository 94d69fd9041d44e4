// What counts as proved in the middle of a sign-in, by the user as it is now: a password that was reset meanwhile, or a
// phone that was taken away, proves nothing any more.
import { joinProved, NOTHING_PROVED, type Proved, provedSince } from "../domain/factors.ts";
import type { InteractionState } from "../domain/interaction.ts";
import { firstFactorOf } from "../domain/mfa-question.ts";
import type { User } from "../domain/user.ts";
import type { SignIn } from "./sign-in.ts";

type Begun = Pick<InteractionState, "proved" | "sourceId">;

// In a step-up the first factor was proved by the session that it steps up.
export function provedByNow(
  { request }: Pick<SignIn, "request">,
  state: Begun,
  user: User,
): Proved {
  const { session } = request;
  const stepsUp = request.kind === "step-up" && session?.userId === user.id;
  const before = stepsUp ? session.proved : NOTHING_PROVED;
  return provedSince(joinProved(before, state.proved), user.credentialsChangedAt);
}

// Whether the user is still there and the first step still counts.
export function mayGoOn(signIn: Pick<SignIn, "request">, state: Begun, user: User): boolean {
  if (user.status !== "active") return false;
  const first = firstFactorOf(state.sourceId ?? "password");
  return provedByNow(signIn, state, user)[first] !== null;
}
