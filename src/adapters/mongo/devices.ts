// The browsers that users have signed in with, and the networks: a document for each user.
import { DEVICE_LIFE_SECONDS, judgeDevice, withDevice } from "../../domain/known-devices.ts";
import { addSeconds, type Instant } from "../../domain/time.ts";
import type { Vault } from "../../domain/vault.ts";
import type { DeviceStore, UserDevice } from "../../ports/devices.ts";
import { originOf } from "../stored/device.ts";
import { byId, changeDocument } from "./change.ts";
import type { Database, Scope } from "./database.ts";
import { toDate } from "./dates.ts";
import type { DevicesDocument } from "./documents.ts";

export function createDeviceStore(database: Database, vault: Vault): DeviceStore {
  return {
    judge: (device, now) =>
      database.read(async ({ models }) => {
        const found = await models.devices.findOne(byId(device.userId)).lean<DevicesDocument>();
        return judgeDevice(found?.devices ?? [], originOf(vault, device), now);
      }),
  };
}

// After the sign-in. A crash in between leaves the browser unknown: its next sign-in is told, needlessly.
export async function rememberDevice(
  scope: Scope,
  vault: Vault,
  device: UserDevice,
  now: Instant,
): Promise<void> {
  const origin = originOf(vault, device);
  await changeDocument<DevicesDocument, null>(
    scope,
    scope.models.devices,
    device.userId,
    (found) => {
      const devices = withDevice(found?.devices ?? [], origin, now);
      const expiresAt = toDate(addSeconds(now, DEVICE_LIFE_SECONDS));
      return { put: { devices, expiresAt }, say: null };
    },
  );
}

export async function forgetDevices({ models }: Scope, userId: string): Promise<void> {
  await models.devices.deleteOne(byId(userId));
}
