// What a text counts under before it goes out, and what is remembered of it.
import type { Challenge } from "../domain/challenge.ts";
import type { Message } from "../domain/message.ts";
import { networkOf } from "../domain/network.ts";
import { countryOf } from "../domain/phone.ts";
import { askingBudgets, prefixOf, type SendBudget, sendBudgets } from "../domain/send-caps.ts";
import type { Asker } from "../domain/send-policy.ts";
import type { User } from "../domain/user.ts";
import type { FlowDeps, SignIn } from "./sign-in.ts";

// Who asks for a text to this number, as the store has it now.
export async function askerOf(
  { storage }: Pick<FlowDeps, "storage">,
  user: User,
  number: string,
): Promise<Asker> {
  if (user.phone?.number === number) return "holder";
  return (await storage.users.countByPhone(number)) > 0 ? "stranger" : "newcomer";
}

// What is remembered of this text.
export function messageOf(
  deps: FlowDeps,
  { request }: SignIn,
  { challenge, template }: { readonly challenge: Challenge; readonly template: string },
): Message {
  const country = countryOf(challenge.phone) ?? "ZZ";
  return {
    id: deps.newId(),
    challengeId: challenge.id,
    at: challenge.lastSentAt ?? deps.now(),
    purpose: challenge.purpose,
    applicationId: request.clientId,
    country,
    prefix: prefixOf(challenge.phone),
    costMicros: deps.priceOf({ country, template }),
  };
}

// What this text counts under, or the asking for it alone.
export function budgetsOf(
  deps: FlowDeps,
  { address }: SignIn,
  text: { readonly user: User; readonly number: string; readonly message: Message | null },
): readonly SendBudget[] {
  const { user, number, message } = text;
  const network = deps.isOwnAddress(address) ? null : networkOf(address);
  const asker = { userId: user.id, network };
  if (message === null) return askingBudgets(asker, deps.limits);
  const { country, costMicros } = message;
  return sendBudgets({ ...asker, number, country, costMicros }, deps.limits);
}
