// The guard against fraud by sending: a range of numbers or a country to which many texts go and of which few
// codes are typed is paused, until an administrator has looked at it.
import type { Message } from "../domain/message.ts";
import {
  countryScope,
  isPumping,
  judgedTexts,
  type Pause,
  prefixScope,
} from "../domain/pumping-guard.ts";
import { addSeconds, type Instant } from "../domain/time.ts";
import type { FlowDeps } from "./sign-in.ts";

// Why a text may not go out; null: it may. In the mode "record" everything is written down, and nothing is
// held back.
export async function findPause(
  deps: FlowDeps,
  { prefix, country }: Pick<Message, "prefix" | "country">,
  now: Instant,
) {
  if (deps.pumpingGuard === "off") return null;
  const places = [
    { scope: prefixScope(prefix), of: { prefix } },
    { scope: countryScope(country), of: { country } },
  ];
  const pauses = await deps.storage.messages.findPauses(places.map(({ scope }) => scope));
  for (const { scope, of } of places) {
    const pause = pauses.find((each) => each.scope === scope) ?? null;
    const held = pause?.pausedAt != null || (await pauseIfPumping(deps, { scope, of, pause }, now));
    if (held && deps.pumpingGuard === "on") {
      const retryAt = addSeconds(now, deps.limits.pumpingWindowSeconds);
      return { outcome: "send-refused", because: "paused", retryAt } as const;
    }
  }
  return null;
}

async function pauseIfPumping(
  deps: FlowDeps,
  place: {
    readonly scope: string;
    readonly of: { readonly prefix: string } | { readonly country: string };
    readonly pause: Pause | null;
  },
  now: Instant,
): Promise<boolean> {
  const { messages } = deps.storage;
  const conversion = await messages.conversion(
    place.of,
    judgedTexts(place.pause, now, deps.limits),
  );
  if (!isPumping(conversion, deps.limits)) return false;
  const { scope } = place;
  const { pumpingGuard: mode } = deps;
  const won = await messages.pause(scope, now, {
    at: now,
    actor: "system",
    action: "texts-paused",
    target: `sms:${scope}`,
    because: mode === "on" ? "few-codes-typed" : "few-codes-typed-recorded-only",
    details: { ...conversion },
  });
  if (won) deps.alarm({ alarm: "sms-pumping", scope, mode, ...conversion });
  return true;
}
