// The engine's interactions on our port. The engine reads an interaction and then deletes it. On resuming we take it in
// one step instead, so that of two browsers with one cookie only one goes on to a session and a code.
import { type Adapter, Provider } from "oidc-provider";
import type { Limits } from "../domain/limits.ts";
import { addSeconds, type Instant } from "../domain/time.ts";
import type { Storage } from "../ports/storage.ts";
import type { BegunInteractions } from "./begun-interactions.ts";
import { hasSessionChanged } from "./engine-record.ts";
import { InteractionNotEnded } from "./interaction-not-ended.ts";
import { SessionChanged } from "./session-changed.ts";

export interface InteractionAdapterDeps {
  readonly storage: Storage;
  readonly limits: Pick<Limits, "untouchedInteractionLifeSeconds">;
  readonly begunInteractions: BegunInteractions;
  readonly now: () => Instant;
}

// After a sign-in for this browser, and for a device.
const RESUMES = new Set(["resume", "device_resume"]);

export function interactionAdapter({
  storage,
  limits,
  begunInteractions,
  now,
}: InteractionAdapterDeps): Pick<Adapter, "upsert" | "find" | "destroy"> {
  const { interactions } = storage;
  const taken = new WeakMap<object, string>();
  return {
    // A new one lives shortly until its page is opened (http/interaction-gate.ts).
    async upsert(uid, payload, expiresIn = 0) {
      const { ctx } = Provider;
      const isNew = ctx === undefined || taken.get(ctx) !== uid;
      const seconds = Math.min(expiresIn, limits.untouchedInteractionLifeSeconds);
      await interactions.save(uid, { ...payload }, addSeconds(now(), isNew ? seconds : expiresIn));
    },
    async find(uid) {
      const { ctx } = Provider;
      if (ctx === undefined || !RESUMES.has(ctx.oidc?.route ?? "")) {
        const interaction = await interactions.find(uid, now());
        return interaction === null ? undefined : { ...interaction.record };
      }
      // The uid is from a cookie that can be planted.
      if (!begunInteractions.isBegunHere(ctx, uid)) return undefined;
      const interaction = await interactions.take(uid, now());
      if (interaction !== null) {
        taken.set(ctx, uid);
        if (!hasSessionChanged(interaction.record, ctx.oidc.session))
          return { ...interaction.record };
        begunInteractions.end(ctx, uid);
        throw new SessionChanged(interaction.record);
      }
      if ((await interactions.find(uid, now())) !== null) throw new InteractionNotEnded(uid);
      return undefined;
    },
    async destroy(uid) {
      const { ctx } = Provider;
      if (ctx !== undefined) begunInteractions.end(ctx, uid);
      if (ctx === undefined || !taken.has(ctx)) await interactions.destroy(uid);
    },
  };
}
