// The first step: a login name and a password. An unknown name and a wrong password get the same answer
// after the same time, and both count.
import { NOTHING_PROVED, withFactor } from "../domain/factors.ts";
import type { InteractionState } from "../domain/interaction.ts";
import { parseLogin } from "../domain/login-name.ts";
import { networkOf } from "../domain/network.ts";
import { type PasswordBudget, passwordBudgets } from "../domain/password-budgets.ts";
import type { Instant } from "../domain/time.ts";
import type { LoginName, User } from "../domain/user.ts";
import type { MoveEffects } from "../ports/interactions.ts";
import { dueState } from "./due-state.ts";
import { resumeEnrolment } from "./first-factor-again.ts";
import { tellOfGuessing } from "./guessing-notice.ts";
import { beginSecondStep, decideSecondStep } from "./second-step.ts";
import type { BeginOutcome } from "./send-code.ts";
import { type FlowDeps, OUT_OF_ORDER, type SignIn } from "./sign-in.ts";
import { replacedEffects } from "./unfinished-sign-in.ts";

// What is longer cannot be a password of ours, and is not worth a hash.
const PASSWORD_BYTES_MAX = 1024;

export interface PasswordInput {
  readonly login: string;
  readonly password: string;
}

export type PasswordOutcome =
  | BeginOutcome
  | { readonly outcome: "malformed"; readonly field: "login" | "password" }
  | { readonly outcome: "limited"; readonly retryAt: Instant }
  | { readonly outcome: "rejected" };

// Takes the first step, or begins again at it from a later one.
export async function takePasswordStep(
  deps: FlowDeps,
  signIn: SignIn,
  input: PasswordInput,
): Promise<PasswordOutcome> {
  const { request } = signIn;
  const due = await dueState(deps, signIn);
  // In a step-up the password is typed only where it is due, and is that of the session's user.
  const expectedId = request.kind === "sign-in" ? null : due.userId;
  const isDue = request.kind === "sign-in" || (due.step === "first-factor" && expectedId !== null);
  if (!isDue || due.step === "done") return OUT_OF_ORDER;
  if (input.login.trim() === "") return { outcome: "malformed", field: "login" };
  if (input.password === "" || Buffer.byteLength(input.password) > PASSWORD_BYTES_MAX) {
    return { outcome: "malformed", field: "password" };
  }
  // What cannot be a login name is looked up all the same, so that it takes the same time.
  const login = parseLogin(input.login) ?? { kind: "username" as const, value: "" };
  const now = deps.now();
  const budgets = await budgetsOf(deps, signIn, login, now);
  const begun = await deps.storage.users.beginPasswordAttempt({ login, budgets, now });
  if (begun.outcome === "limited") return begun;
  await tellOfGuessing(deps, budgets, begun);

  const user = await verifiedUser(deps, begun.user, input.password);
  if (user === null || (expectedId !== null && user.id !== expectedId)) {
    return { outcome: "rejected" };
  }

  const keysOf = (whenRight: PasswordBudget["whenRight"]) =>
    budgets.filter((budget) => budget.whenRight === whenRight).map(({ key }) => key);
  return goOn(deps, signIn, {
    user,
    due,
    now,
    effects: {
      clearAttempts: keysOf("end"),
      refundAttempts: keysOf("take-back"),
      ...(await replacedEffects(deps, signIn, user, now)),
    },
  });
}

interface RightPassword {
  readonly user: User;
  // What was due before.
  readonly due: InteractionState;
  readonly now: Instant;
  readonly effects: MoveEffects;
}

// To the second step, or back to the enrolment of a factor that waited for the password.
async function goOn(
  deps: FlowDeps,
  signIn: SignIn,
  { user, due, now, effects }: RightPassword,
): Promise<BeginOutcome> {
  const { request, interaction } = signIn;
  const { state } = interaction;
  const waited = due.step === "first-factor" && state?.userId === user.id;
  if (waited) return resumeEnrolment(deps, signIn, { state, provedAt: now, effects });

  const proved = withFactor(NOTHING_PROVED, "pwd", now);
  const question = { request, sourceId: "password", proved, user };
  const decision = await decideSecondStep(deps, question);
  return beginSecondStep(deps, { signIn, user, sourceId: "password", proved, decision, effects });
}

// The user, if the password is right and the account may sign in. A hash that is not as new ones are is replaced on
// the way, unless somebody else was faster.
async function verifiedUser(
  deps: FlowDeps,
  user: User | null,
  typed: string,
): Promise<User | null> {
  const hash = user?.passwordHash ?? null;
  const { matches, replacement } = await deps.hasher.verify(hash, typed);
  if (user === null || hash === null || !matches || user.status !== "active") return null;
  if (replacement !== null) {
    await deps.storage.users.upgradePasswordHash(user.id, hash, replacement);
  }
  return user;
}

// By whether the browser and the network are known of the user. A name that nobody has is looked for in the same way, so
// that it takes the same time.
async function budgetsOf(
  deps: FlowDeps,
  { address, deviceId }: SignIn,
  login: LoginName,
  now: Instant,
): Promise<PasswordBudget[]> {
  const user = await deps.storage.users.findByLogin(login);
  const device = { userId: user?.id ?? "", deviceId, network: networkOf(address) };
  const known = await deps.storage.devices.judge(device, now);
  return passwordBudgets(login, { address, deviceId, known }, deps.limits);
}
