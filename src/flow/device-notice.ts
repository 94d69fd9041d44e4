// A sign-in from a browser that its user has not used before is told, and the browser and its network are remembered.
import { mailsTo } from "../domain/mail.ts";
import { networkOf } from "../domain/network.ts";
import type { Instant } from "../domain/time.ts";
import type { User } from "../domain/user.ts";
import type { MoveEffects } from "../ports/interactions.ts";
import type { FlowDeps, SignIn } from "./sign-in.ts";

// What else is done with the move that ends a sign-in.
export async function deviceEffects(
  deps: Pick<FlowDeps, "storage" | "newId">,
  { request, deviceId, address, language, origin }: SignIn,
  user: User,
  at: Instant,
): Promise<Pick<MoveEffects, "device"> & { readonly mails: NonNullable<MoveEffects["mails"]> }> {
  if (request.kind !== "sign-in") return { mails: [] };

  const device = { userId: user.id, deviceId, network: networkOf(address) };
  const verdict = await deps.storage.devices.judge(device, at);
  const given = { id: deps.newId(), language, at, origin };
  return {
    ...(verdict.remember && { device }),
    mails: verdict.device === "new" ? mailsTo(user, { kind: "new-device" }, given) : [],
  };
}
