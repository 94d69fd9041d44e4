// The engine's storage interface on our ports. It looks whether something is consumed and then
// consumes it; here the second step is what decides, by compare-and-set, and throws for all but one.
import { type Adapter, errors, type KoaContextWithOIDC, Provider } from "oidc-provider";
import type { Storage } from "../ports/storage.ts";
import { isAnonymousWrite } from "./anonymous-writes.ts";
import { clientMetadataOf } from "./client-metadata.ts";
import { confirmedOnce } from "./device-code-adapter.ts";
import { type InteractionAdapterDeps, interactionAdapter } from "./interaction-adapter.ts";
import { expiryOf } from "./record-expiry.ts";
import { type RefreshTokenDeps, refreshTokenAdapter } from "./refresh-token-adapter.ts";

interface AdapterDeps extends RefreshTokenDeps, InteractionAdapterDeps {
  readonly storage: Storage;
  readonly limits: RefreshTokenDeps["limits"] & InteractionAdapterDeps["limits"];
  // Throws when it is one too many.
  readonly countAnonymousWrite: (ctx: KoaContextWithOIDC) => void;
}

// The engine asks for one adapter for each of its models.
export function createRecordAdapter(deps: AdapterDeps): (model: string) => Adapter {
  return (model) => {
    const adapter = adapterOf(deps, model);
    return {
      ...adapter,
      async upsert(id, payload, expiresIn) {
        const { ctx } = Provider;
        if (ctx !== undefined && isAnonymousWrite(model, payload)) deps.countAnonymousWrite(ctx);
        await adapter.upsert(id, payload, expiresIn);
      },
    };
  };
}

function adapterOf(deps: AdapterDeps, model: string): Adapter {
  switch (model) {
    case "Client":
      return clientAdapter(deps);
    case "Interaction":
      return { ...NOTHING, ...interactionAdapter(deps) };
    case "Session":
      return sessionAdapter(deps);
    case "ReplayDetection":
      return { ...recordAdapter(deps, model), upsert: insertOnly(deps, model) };
    case "DeviceCode":
      return confirmedOnce(deps, recordAdapter(deps, model));
    case "RefreshToken":
      return { ...recordAdapter(deps, model), ...refreshTokenAdapter(deps) };
    default:
      return recordAdapter(deps, model);
  }
}

function recordAdapter({ storage, now }: AdapterDeps, model: string): Adapter {
  const { records } = storage;
  return {
    upsert: (id, payload, expiresIn) =>
      records.save({ model, id, payload, expiresAt: expiryOf(model, now(), expiresIn) }),
    async find(id) {
      const payload = await records.find(model, id, now());
      return payload === null ? undefined : { ...payload };
    },
    findByUid: async () => undefined,
    findByUserCode: async (userCode) =>
      (await records.findByUserCode(model, userCode, now())) ?? undefined,
    async consume(id) {
      if (await records.consume(model, id, now())) return;
      // Somebody else was faster. Whether that was an attack or a second tab nobody knows: this request
      // gets nothing, and the grant stays.
      throw model === "PushedAuthorizationRequest"
        ? new errors.InvalidRequestUri("the request_uri was already used")
        : new errors.InvalidGrant("already used");
    },
    destroy: (id) => records.destroy(model, id),
    revokeByGrantId: (grantId) => records.revokeByGrantId(model, grantId),
  };
}

function insertOnly({ storage, now }: AdapterDeps, model: string): Adapter["upsert"] {
  return async (id, payload, expiresIn) => {
    const record = { model, id, payload, expiresAt: expiryOf(model, now(), expiresIn) };
    if (await storage.records.insert(record, now())) return;
    throw new errors.InvalidGrant("already used");
  };
}

// Clients are registered by administrators, never by the engine.
function clientAdapter({ storage }: AdapterDeps): Adapter {
  return {
    ...NOTHING,
    async find(id) {
      const application = await storage.applications.find(id);
      return application === null ? undefined : clientMetadataOf(application);
    },
  };
}

// The engine reads a session at the start of a request and writes it whole at the end, and rotates its
// id by deleting and creating. Both become one step that keeps what parallel requests wrote.
function sessionAdapter({ storage, now }: AdapterDeps): Adapter {
  const { records } = storage;
  const loadedBy = new WeakMap<object, { id: string; clients: string[] }>();
  return {
    async find(id) {
      const payload = await records.find("Session", id, now());
      if (payload === null) return undefined;
      const { ctx } = Provider;
      if (ctx !== undefined) loadedBy.set(ctx, { id, clients: clientsOf(payload) });
      return { ...payload };
    },
    async findByUid(uid) {
      return (await records.findSessionByUid(uid, now())) ?? undefined;
    },
    async upsert(id, payload, expiresIn) {
      const { ctx } = Provider;
      const loaded = ctx === undefined ? undefined : loadedBy.get(ctx);
      // What this request took away must not come back by the join: the store wants to be told.
      const gone = loaded?.clients.filter((client) => !clientsOf(payload).includes(client)) ?? [];
      const authorizations = {
        ...Object.fromEntries(gone.map((client) => [client, null])),
        ...payload.authorizations,
      };
      const record = {
        model: "Session",
        id,
        payload: gone.length === 0 ? payload : { ...payload, authorizations },
        expiresAt: expiryOf("Session", now(), expiresIn),
      };
      await records.saveSession(record, loaded?.id ?? null, now());
      if (ctx !== undefined) loadedBy.set(ctx, { id, clients: clientsOf(payload) });
    },
    async destroy(id) {
      const { ctx } = Provider;
      // Rotating: saveSession lets the old row go together with writing the new one.
      const session: { oldId?: unknown; jti?: unknown } = ctx?.oidc?.session ?? {};
      const rotates = session.oldId === id && session.jti !== id;
      if (!rotates) await records.destroy("Session", id);
    },
    findByUserCode: refuse,
    consume: refuse,
    revokeByGrantId: refuse,
  };
}

function clientsOf(session: { readonly authorizations?: unknown }): string[] {
  const { authorizations } = session;
  return typeof authorizations === "object" ? Object.keys(authorizations ?? {}) : [];
}

async function refuse(): Promise<never> {
  throw new Error("the engine has no business here");
}

const NOTHING: Adapter = {
  find: refuse,
  upsert: refuse,
  findByUid: refuse,
  findByUserCode: refuse,
  consume: refuse,
  destroy: refuse,
  revokeByGrantId: refuse,
};
