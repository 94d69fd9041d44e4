// What an attempt at a password counts under, before the password is looked at. A guesser has to run out of attempts,
// however many networks they come from, and must not use up those of the owner: who comes with a browser that is known
// of the user counts for that browser alone, and who comes from a network from which the user signed in before, for that
// network alone. For an unknown name nothing is known, and all else is the same.
import { type AttemptPolicy, windowBudget } from "./attempt-budget.ts";
import type { DeviceVerdict } from "./known-devices.ts";
import type { Limits } from "./limits.ts";
import { type NetworkLevel, networkLevels } from "./network.ts";
import type { LoginName } from "./user.ts";

export interface PasswordBudget {
  readonly key: string;
  readonly policy: AttemptPolicy;
  // What a right password does to it: its run ends, or only this attempt is taken back.
  readonly whenRight: "end" | "take-back";
  // Over all networks.
  readonly isTotal?: boolean;
}

export interface AttemptOrigin {
  readonly address: string;
  readonly deviceId: string;
  readonly known: Pick<DeviceVerdict, "device" | "network">;
}

export function passwordBudgets(
  { kind, value }: LoginName,
  { address, deviceId, known }: AttemptOrigin,
  limits: Limits,
): PasswordBudget[] {
  const name = `password:${kind}:${value}`;
  if (known.device === "known") {
    const policy = growingLock(limits, limits.passwordAttemptsUntilLock);
    return [{ key: `${name}:browser:${deviceId}`, policy, whenRight: "end" }];
  }
  const [own, ...wider] = networkLevels(address);
  if (known.network === "known") return levelBudgets(name, own, limits);

  return [
    ...[own, ...wider].flatMap((level) => levelBudgets(name, level, limits)),
    {
      key: name,
      policy: {
        ...growingLock(limits, limits.passwordAttemptsPerNameUntilLock),
        lockSecondsMax: limits.passwordNameLockSecondsMax,
        // From then on each one locks.
        untilNextLock: 1,
      },
      whenRight: "take-back",
      isTotal: true,
    },
  ];
}

// One name from one network, and one network over all names.
function levelBudgets(
  name: string,
  { network, level }: NetworkLevel,
  limits: Limits,
): PasswordBudget[] {
  const { attempts, failures } = figuresOf(level, limits);
  const window = {
    max: failures,
    windowSeconds: limits.passwordFailuresPerAddressWindowSeconds,
  };
  return [
    {
      key: `${name}:${network}`,
      policy: growingLock(limits, attempts),
      whenRight: level === "own" ? "end" : "take-back",
    },
    { ...windowBudget(`password-network:${network}`, window), whenRight: "take-back" },
  ];
}

function figuresOf(level: NetworkLevel["level"], limits: Limits) {
  switch (level) {
    case "own":
      return {
        attempts: limits.passwordAttemptsUntilLock,
        failures: limits.passwordFailuresPerAddress,
      };
    case "/56":
      return {
        attempts: limits.passwordAttemptsPer56UntilLock,
        failures: limits.passwordFailuresPer56,
      };
    case "/48":
      return {
        attempts: limits.passwordAttemptsPer48UntilLock,
        failures: limits.passwordFailuresPer48,
      };
  }
}

function growingLock(limits: Limits, untilLock: number) {
  const { passwordLockSeconds: lockSeconds, passwordLockSecondsMax: lockSecondsMax } = limits;
  return { kind: "growing-lock", untilLock, lockSeconds, lockSecondsMax } as const;
}
