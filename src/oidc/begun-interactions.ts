// Which browser began which interaction; http knows by a cookie. The engine's own cookie of an interaction says
// nothing about that: it can be planted.
import type { Context } from "koa";

export interface BegunInteractions {
  // This browser has begun it, and can go on.
  begin(ctx: Context, uid: string): void;
  isBegunHere(ctx: Context, uid: string): boolean;
  end(ctx: Context, uid: string): void;
}
