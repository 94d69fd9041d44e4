// The browsers that users have signed in with, and the networks from which. They are remembered as an effect of the
// sign-in.
import type { DeviceVerdict } from "../domain/known-devices.ts";
import type { Instant } from "../domain/time.ts";

// A browser by its id and a network by its prefix, with the user whose they may be.
export interface UserDevice {
  readonly userId: string;
  readonly deviceId: string;
  readonly network: string;
}

export interface DeviceStore {
  // Whether a user has signed in with this browser, and from this network, before. Both are stored so that they can
  // only be recognized together with the user.
  judge(device: UserDevice, now: Instant): Promise<DeviceVerdict>;
}
