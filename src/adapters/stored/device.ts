// How a browser and a network lie in any store: under an index that is keyed, and another one for each user.
import type { Origin } from "../../domain/known-devices.ts";
import type { Vault } from "../../domain/vault.ts";
import type { UserDevice } from "../../ports/devices.ts";

export function originOf(vault: Vault, { userId, deviceId, network }: UserDevice): Origin {
  return {
    browser: vault.index("device", `${userId}\0${deviceId}`),
    network: vault.index("device-network", `${userId}\0${network}`),
  };
}
