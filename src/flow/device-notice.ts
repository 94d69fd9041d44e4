// A sign-in from a browser that its user has not used before is told. Of somebody who cannot be told, nothing is
// remembered.
import { mailsTo } from "../domain/mail.ts";
import type { Instant } from "../domain/time.ts";
import type { User } from "../domain/user.ts";
import type { MoveEffects } from "../ports/interactions.ts";
import type { FlowDeps, SignIn } from "./sign-in.ts";

// What else is done with the move that ends a sign-in.
export async function deviceEffects(
  deps: Pick<FlowDeps, "storage" | "newId">,
  { request, deviceId, language }: SignIn,
  user: User,
  at: Instant,
): Promise<Pick<MoveEffects, "device"> & { readonly mails: NonNullable<MoveEffects["mails"]> }> {
  const given = { id: deps.newId(), language, at };
  const mails = mailsTo(user, { kind: "new-device" }, given);
  if (request.kind !== "sign-in" || mails.length === 0) return { mails: [] };

  const { device, remember } = await deps.storage.devices.judge(user.id, deviceId, at);
  return {
    ...(remember && { device: { userId: user.id, deviceId } }),
    mails: device === "new" ? mails : [],
  };
}
