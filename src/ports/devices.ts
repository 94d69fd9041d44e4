// The browsers that users have signed in with. They are remembered as an effect of the sign-in.
import type { DeviceVerdict } from "../domain/known-devices.ts";
import type { Instant } from "../domain/time.ts";

export interface DeviceStore {
  // Whether a user has signed in with this browser before. Its id is stored so that it can only be recognized
  // together with the user.
  judge(userId: string, deviceId: string, now: Instant): Promise<DeviceVerdict>;
}
