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

// Whether the user has shown this number to be theirs, by typing a code that was sent to it.
function isVerified({ phone }: User, number: string): boolean {
  return phone?.number === number && phone.status === "bound";
}

// The network that counts for a text; null: whoever comes from there is no stranger.
function networkFor(deps: FlowDeps, { address }: SignIn): string | null {
  return deps.isOwnAddress(address) ? null : networkOf(address);
}

// What is remembered of this text.
export function messageOf(
  deps: FlowDeps,
  signIn: SignIn,
  text: { readonly user: User; readonly challenge: Challenge; readonly template: string },
): Message {
  const { user, challenge, template } = text;
  const userId = user.id;
  // Who comes from no network is taken for one apart.
  const network = networkFor(deps, signIn) ?? userId;
  const country = countryOf(challenge.phone) ?? "ZZ";
  return {
    id: deps.newId(),
    challengeId: challenge.id,
    at: challenge.lastSentAt ?? deps.now(),
    purpose: challenge.purpose,
    applicationId: signIn.request.clientId,
    country,
    prefix: prefixOf(challenge.phone),
    costMicros: deps.priceOf({ country, template }),
    source: isVerified(user, challenge.phone) ? null : { userId, network },
  };
}

// What this text counts under, or the asking for it alone.
export function budgetsOf(
  deps: FlowDeps,
  signIn: SignIn,
  text: { readonly user: User; readonly number: string; readonly message: Message | null },
): readonly SendBudget[] {
  const { user, number, message } = text;
  const network = networkFor(deps, signIn);
  const asking = { userId: user.id, network, verified: isVerified(user, number) };
  if (message === null) return askingBudgets(asking, deps.limits);
  const { country, costMicros } = message;
  return sendBudgets({ ...asking, number, country, costMicros }, deps.limits);
}
