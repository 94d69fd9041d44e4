// The engine as the rest of the house sees it: one Koa middleware that follows the signing keys. A
// provider cannot change its keys, so a new one is built and swapped in, between two requests.
import type { Context, Next } from "koa";
import compose from "koa-compose";
import type { Provider } from "oidc-provider";
import { keysInUse } from "../domain/signing-key.ts";
import { createProvider, type EngineDeps } from "./provider.ts";

export interface Engine {
  readonly handle: (ctx: Context, next: Next) => Promise<unknown>;
  readonly provider: () => Provider;
  // Reads the keys again and swaps the provider if they changed.
  readonly refreshKeys: () => Promise<void>;
}

// An engine that signs with the store's keys.
export async function createEngine(deps: EngineDeps): Promise<Engine> {
  let current = await build(deps, null);
  return {
    handle: (ctx, next) => current.handle(ctx, next),
    provider: () => current.provider,
    async refreshKeys() {
      current = await build(deps, current);
    },
  };
}

interface Built {
  readonly provider: Provider;
  readonly handle: (ctx: Context, next: Next) => Promise<unknown>;
  readonly kids: string;
}

async function build(deps: EngineDeps, current: Built | null): Promise<Built> {
  const all = await deps.storage.signingKeys.list();
  const keys = keysInUse(all, deps.now(), deps.limits);
  const kids = keys.map(({ kid }) => kid).join(" ");
  if (current?.kids === kids) return current;
  if (keys.length === 0) throw new Error("there are no signing keys");
  const provider = createProvider(deps, keys);
  return { provider, handle: compose(provider.middleware) as Built["handle"], kids };
}
