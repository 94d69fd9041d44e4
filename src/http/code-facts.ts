// What the page of the code tells besides what the state says: the number, what became of its text, and when the next
// one may go out.
import type { InteractionState } from "../domain/interaction.ts";
import { NO_SENDS, sendGapEndsAt } from "../domain/send-policy.ts";
import type { Instant } from "../domain/time.ts";
import { AppError } from "./errors.ts";
import type { Web } from "./web.ts";

// What the network says became of the text; "waiting": it may still say so.
export type Delivery =
  | { readonly status: "delivered" | "undelivered"; readonly at: number }
  | "waiting"
  | null;

// By the receipt, where a provider sends any. It proves nothing, and only says whether to go on waiting.
export async function deliveryOf(web: Web, { challenge }: InteractionState): Promise<Delivery> {
  if (!web.hasReceipts || challenge === null || challenge.sends === 0) return null;
  const message = await web.flow.storage.messages.findLatest(challenge.id);
  switch (message?.status) {
    case "delivered":
    case "undelivered":
      return { status: message.status, at: message.statusAt };
    case "accepted":
    case "unknown":
      return "waiting";
    case "sending":
    case "failed":
    case undefined:
      return null;
  }
}

// The number that the code goes to: the challenge's, or the user's own before there is one.
export async function numberOf(web: Web, state: InteractionState): Promise<string> {
  if (state.challenge !== null) return state.challenge.phone;
  const user = state.userId === null ? null : await web.flow.storage.users.find(state.userId);
  if (!user?.phone) throw new AppError("wrong-step", "there is no number to send to");
  return user.phone.number;
}

// When the next text may go out. A challenge knows its own gap; before there is one, the number's
// history tells whether an earlier sign-in's gap carries over.
export async function resendAt(web: Web, state: InteractionState): Promise<Instant | null> {
  const { limits, storage } = web.flow;
  if (state.challenge !== null) return sendGapEndsAt(NO_SENDS.holders, state.challenge, limits);
  const history = await storage.numbers.history(await numberOf(web, state));
  return sendGapEndsAt(history.holders, { sends: 0, lastSentAt: null }, limits);
}
