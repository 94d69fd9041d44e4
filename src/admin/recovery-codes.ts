// Recovery codes, which a user keeps for when no text can be sent: made for a user, and taken away again.
import { randomBytes } from "node:crypto";
import { mailsTo } from "../domain/mail.ts";
import {
  RECOVERY_CODE_BYTES,
  RECOVERY_CODES,
  recoveryCodeOf,
  recoveryCodesLeft,
  recoveryCodesOf,
} from "../domain/recovery-codes.ts";
import { mailLanguageOf, type User } from "../domain/user.ts";
import { retryWhileStale } from "./compare-and-set.ts";
import { type AdminDeps, auditEvent, changeTime, newId } from "./deps.ts";
import { AdminError } from "./errors.ts";
import { readUser } from "./users.ts";

type RecoveryDeps = Pick<AdminDeps, "storage" | "now" | "actor">;

export interface MadeRecoveryCodes {
  readonly id: string;
  // They are told this once.
  readonly recoveryCodes: readonly string[];
}

// Makes a new set of recovery codes for a user, found by id or any login name; an older set is void. "usage" for
// a user without a phone, whose texts they would stand in for. Look-up secrets, NIST SP 800-63B-4, 3.1.2.
export async function makeRecoveryCodes(
  deps: RecoveryDeps,
  idOrLogin: string,
): Promise<MadeRecoveryCodes> {
  const { id } = await readUser(deps, idOrLogin);
  const codes = Array.from({ length: RECOVERY_CODES }, () =>
    recoveryCodeOf(randomBytes(RECOVERY_CODE_BYTES)),
  );
  await retryWhileStale(async () => {
    const before = await readUser(deps, id);
    if (before.phone === null) {
      throw new AdminError(
        "usage",
        "The user has no phone that recovery codes could stand in for.",
      );
    }
    const recoveryCodes = recoveryCodesOf(codes, deps.now());
    return replaceCodes(deps, before, recoveryCodes, "user-recovery-codes-made");
  });
  return { id, recoveryCodes: codes };
}

// Takes a user's recovery codes away, those that are left.
export async function voidRecoveryCodes(
  deps: RecoveryDeps,
  idOrLogin: string,
): Promise<{ readonly id: string; readonly recoveryCodesLeft: 0 }> {
  const { id } = await readUser(deps, idOrLogin);
  await retryWhileStale(async () => {
    const before = await readUser(deps, id);
    if (recoveryCodesLeft(before) === 0) return "changed";
    return replaceCodes(deps, before, null, "user-recovery-codes-voided");
  });
  return { id, recoveryCodesLeft: 0 };
}

async function replaceCodes(
  deps: RecoveryDeps,
  before: User,
  recoveryCodes: User["recoveryCodes"],
  action: "user-recovery-codes-made" | "user-recovery-codes-voided",
): Promise<"changed" | "stale"> {
  const after = { ...before, recoveryCodes, updatedAt: changeTime(deps.now(), before) };
  const details = { before: recoveryCodesLeft(before), after: recoveryCodesLeft(after) };
  const audit = auditEvent(deps, { action, target: `user:${before.id}`, details });
  const told = { id: newId(), language: mailLanguageOf(before), at: after.updatedAt };
  const notice = recoveryCodes ? ({ kind: "recovery-codes-made" } as const) : null;
  const outcome = await deps.storage.users.replace(
    before,
    after,
    audit,
    mailsTo(before, notice, told),
  );
  if (outcome === "changed" || outcome === "stale") return outcome;
  throw new AdminError("not-found", "The user was removed meanwhile.");
}
