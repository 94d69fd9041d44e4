// What the engine tells us of: failures for the log, revocations for the audit trail.
import type { KoaContextWithOIDC, Provider } from "oidc-provider";
import { reasonOf } from "./grant-refusals.ts";

export interface EngineEvent {
  readonly event: string;
  readonly clientId: string | null;
  readonly userId: string | null;
  readonly because: string | null;
}

export interface EngineEvents {
  // An event of ordinary life, for the log.
  readonly happened: (event: EngineEvent) => void;
  // Something that was not foreseen.
  readonly failed: (error: unknown, ctx: KoaContextWithOIDC) => void;
}

const REFUSALS = [
  "authorization.error",
  "grant.error",
  "userinfo.error",
  "introspection.error",
  "revocation.error",
  "pushed_authorization_request.error",
  "end_session.error",
  "end_session_confirm.error",
] as const;

// Passes the engine's events on.
export function listen(provider: Provider, events: EngineEvents): void {
  for (const name of REFUSALS) {
    provider.on(name as "grant.error", (ctx: KoaContextWithOIDC, error: Error) => {
      events.happened({ ...describe(name, ctx), because: reasonOf(error) });
    });
  }
  provider.on("grant.revoked", (ctx) => events.happened(describe("grant.revoked", ctx)));
  provider.on("end_session.success", (ctx) =>
    events.happened(describe("end_session.success", ctx)),
  );
  provider.on("backchannel.error", (ctx, error) => {
    events.happened({ ...describe("backchannel.error", ctx), because: error.message });
  });
  provider.on("server_error", (ctx, error) => events.failed(error, ctx));
}

function describe(event: string, ctx: KoaContextWithOIDC): EngineEvent {
  const { client, session } = ctx.oidc;
  return {
    event,
    clientId: client?.clientId ?? null,
    userId: session?.accountId ?? null,
    because: null,
  };
}
