// How a browser lies in any store: under an index that is keyed, and another one for each user.
import type { Vault } from "../../domain/vault.ts";

export function deviceKey(
  vault: Vault,
  { userId, deviceId }: { readonly userId: string; readonly deviceId: string },
): string {
  return vault.index("device", `${userId}\0${deviceId}`);
}
