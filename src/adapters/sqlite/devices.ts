// The browsers that users have signed in with, and the networks: a row for each user.
import {
  DEVICE_LIFE_SECONDS,
  judgeDevice,
  type KnownDevice,
  withDevice,
} from "../../domain/known-devices.ts";
import { addSeconds, type Instant } from "../../domain/time.ts";
import type { Vault } from "../../domain/vault.ts";
import type { DeviceStore, UserDevice } from "../../ports/devices.ts";
import { originOf } from "../stored/device.ts";
import type { Database } from "./database.ts";
import { type Sql, textIn } from "./sql.ts";

export function createDeviceStore(database: Database, vault: Vault): DeviceStore {
  return {
    judge: (device, now) =>
      database.read((sql) =>
        judgeDevice(readDevices(sql, device.userId), originOf(vault, device), now),
      ),
  };
}

// Remembers a browser within the transaction of the sign-in.
export function rememberDevice(sql: Sql, vault: Vault, device: UserDevice, now: Instant): void {
  const { userId } = device;
  const devices = withDevice(readDevices(sql, userId), originOf(vault, device), now);
  sql.run(
    `INSERT INTO devices (user_id, devices, expires_at) VALUES (?, ?, ?)
     ON CONFLICT (user_id) DO UPDATE SET devices = excluded.devices, expires_at = excluded.expires_at`,
    userId,
    JSON.stringify(devices),
    addSeconds(now, DEVICE_LIFE_SECONDS),
  );
}

export function forgetDevices(sql: Sql, userId: string): void {
  sql.run("DELETE FROM devices WHERE user_id = ?", userId);
}

function readDevices(sql: Sql, userId: string): KnownDevice[] {
  const row = sql.get("SELECT devices FROM devices WHERE user_id = ?", userId);
  return row === undefined ? [] : JSON.parse(textIn(row, "devices"));
}
