// Somebody guesses one user's password from many networks: it is told once a day, to the user by mail, to whoever reads
// the log by an alarm, and in the audit log. Of a name that nobody has, the log alone hears.
import { windowBudget } from "../domain/attempt-budget.ts";
import { mailsTo } from "../domain/mail.ts";
import type { PasswordBudget } from "../domain/password-budgets.ts";
import { DAY_SECONDS } from "../domain/time.ts";
import { mailLanguageOf, type User } from "../domain/user.ts";
import type { FlowDeps } from "./sign-in.ts";

export async function tellOfGuessing(
  deps: Pick<FlowDeps, "storage" | "limits" | "alarm" | "now" | "newId">,
  budgets: readonly PasswordBudget[],
  { counts, user }: { readonly counts: readonly number[]; readonly user: User | null },
): Promise<void> {
  const total = budgets.findIndex(({ isTotal }) => isTotal);
  const [key, count = 0] = [budgets[total]?.key, counts[total]];
  if (key === undefined || count < deps.limits.passwordAttemptsPerNameUntilLock) return;

  const at = deps.now();
  const oncePerDay = windowBudget(`guessing-told:${key}`, { max: 1, windowSeconds: DAY_SECONDS });
  const { outcome } = await deps.storage.budgets.count([oncePerDay], at);
  if (outcome === "limited") return;

  deps.alarm({ alarm: "password-guessing", userId: user?.id ?? null, attempts: count });
  if (user === null) return;
  await deps.storage.users.note(
    user.id,
    {
      at,
      actor: "anonymous",
      action: "password-guessing",
      target: `user:${user.id}`,
      because: "too-many-attempts",
      details: { attempts: count },
    },
    mailsTo(
      user,
      { kind: "password-guessing", count },
      { id: deps.newId(), language: mailLanguageOf(user), at },
    ),
  );
}
