// The browsers that a user has signed in with, so that a sign-in from another one can be told. Each is known by
// a random id of its own alone, and nothing is remembered of what it is or where it was.
import { addSeconds, type Instant } from "./time.ts";

export interface KnownDevice {
  // The id, as only this user's list can tell it.
  readonly key: string;
  readonly seenAt: Instant;
}

export interface DeviceVerdict {
  // "first": none is remembered. That one is not news.
  readonly device: "known" | "new" | "first";
  // Whether it is to be remembered, for the first time or again.
  readonly remember: boolean;
}

const DEVICES_MAX = 20;
// Longer than browsers keep a cookie.
export const DEVICE_LIFE_SECONDS = 34_560_000;
// Not with every sign-in.
const REMEMBER_AGAIN_SECONDS = 86_400;

export function judgeDevice(
  devices: readonly KnownDevice[],
  key: string,
  now: Instant,
): DeviceVerdict {
  const alive = remembered(devices, now);
  const found = alive.find((each) => each.key === key);
  if (found === undefined) return { device: alive.length > 0 ? "new" : "first", remember: true };
  return { device: "known", remember: now >= addSeconds(found.seenAt, REMEMBER_AGAIN_SECONDS) };
}

// The list with this one at its end, those that were not seen for longest left out.
export function withDevice(
  devices: readonly KnownDevice[],
  key: string,
  now: Instant,
): KnownDevice[] {
  const others = remembered(devices, now).filter((each) => each.key !== key);
  return [...others, { key, seenAt: now }].slice(-DEVICES_MAX);
}

function remembered(devices: readonly KnownDevice[], now: Instant): KnownDevice[] {
  return devices.filter(({ seenAt }) => addSeconds(seenAt, DEVICE_LIFE_SECONDS) > now);
}
