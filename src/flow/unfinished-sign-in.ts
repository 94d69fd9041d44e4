// What is written down, and what its user hears, when a sign-in ends whose password was right and whose second step
// was not done: given up, begun anew by somebody else, impossible, or left.
import type { AuditEvent } from "../domain/audit-event.ts";
import type { Interaction, InteractionState } from "../domain/interaction.ts";
import type { Limits } from "../domain/limits.ts";
import { type Mail, mailsTo } from "../domain/mail.ts";
import type { Instant } from "../domain/time.ts";
import {
  isUnderWay,
  noticeOfUnfinished,
  unfinishedMailBudget,
  unfinishedOf,
  wrongCodesIn,
} from "../domain/unfinished-sign-in.ts";
import { mailLanguageOf, type User } from "../domain/user.ts";
import type { JudgeLeft, MoveEffects } from "../ports/interactions.ts";
import { auditStep } from "./audit-trail.ts";
import type { FlowDeps, SignIn, SignInRequest } from "./sign-in.ts";

type Told = Pick<MoveEffects, "cappedMails">;
type TellDeps = Pick<FlowDeps, "newId"> & { readonly limits: Limits };
type Ending = Pick<Interaction, "state" | "attempts">;

// What an event says of an interaction that ends: where it stopped, and after how many wrong codes.
export function unfinishedDetails(ending: Ending): AuditEvent["details"] {
  const wrongCodes = wrongCodesIn(ending);
  return {
    ...(ending.state && { step: ending.state.step }),
    ...(wrongCodes > 0 && { wrongCodes }),
  };
}

// The mail to its user, if there is something to tell them.
export function tellOfUnfinished(
  { newId, limits }: TellDeps,
  ending: Ending,
  { user, ...given }: { readonly user: User } & Pick<Mail, "language" | "at" | "origin">,
): Told {
  const notice = noticeOfUnfinished(ending, user.factorAttempts, limits);
  const mails = mailsTo(user, notice, { id: newId(), ...given });
  const budget = unfinishedMailBudget(user.id, limits);
  return { cappedMails: mails.map((mail) => ({ mail, budget })) };
}

// The same for whoever the interaction is of as it is stored, read only when it can be of use.
export async function tellItsUser(
  deps: TellDeps & Pick<FlowDeps, "storage">,
  { interaction, language, origin }: Pick<SignIn, "interaction" | "language" | "origin">,
  at: Instant,
): Promise<Told> {
  const userId = interaction.state?.userId;
  if (!userId || unfinishedOf(interaction.state) === null) return {};
  const user = await deps.storage.users.find(userId);
  return user === null ? {} : tellOfUnfinished(deps, interaction, { user, language, at, origin });
}

// Somebody else has proved a password in an interaction: what becomes of whoever had before.
export async function replacedEffects(
  deps: TellDeps & Pick<FlowDeps, "storage">,
  signIn: SignIn,
  by: Pick<User, "id">,
  at: Instant,
): Promise<Pick<MoveEffects, "audit" | "cappedMails">> {
  const { interaction, request } = signIn;
  const { state } = interaction;
  if (state === null || state.userId === null || state.userId === by.id) return {};
  if (!isUnderWay(state)) return {};
  const event = abandoned(request, state.userId, interaction, { because: "replaced", at });
  return { audit: [event], ...(await tellItsUser(deps, signIn, at)) };
}

// What is to be said of an interaction that expires. `requestOf` reads what it was about.
export function createLeftJudge(
  deps: TellDeps & {
    readonly requestOf: (record: Interaction["record"]) => SignInRequest;
  },
): JudgeLeft {
  return (left, at) => {
    const { state, user, record } = left;
    if (!isUnderWay(state) || state.userId === null) return {};
    const request = deps.requestOf(record);
    const language = languageOf(state, user);
    return {
      audit: [abandoned(request, state.userId, left, { because: "expired", at })],
      ...(user && tellOfUnfinished(deps, left, { user, language, at })),
    };
  };
}

function languageOf({ language }: InteractionState, user: User | null): string {
  return language ?? (user === null ? "en" : mailLanguageOf(user));
}

function abandoned(
  request: SignInRequest,
  userId: string,
  ending: Ending,
  { because, at }: { readonly because: "expired" | "replaced"; readonly at: Instant },
): AuditEvent {
  const details = { because, ...unfinishedDetails(ending) };
  return auditStep(request, userId, `${request.kind}-abandoned`, at, details);
}
