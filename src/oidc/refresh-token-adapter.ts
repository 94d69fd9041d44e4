// Refresh tokens in the store. One that was rotated works again for a short while, for browsers whose tabs refresh at
// the same time; the one before it does not, at any time: somebody has gone on from what came after it.
import { type Adapter, type AdapterPayload, errors, Provider } from "oidc-provider";
import type { Limits } from "../domain/limits.ts";
import type { Instant } from "../domain/time.ts";
import type { RecordPayload } from "../ports/records.ts";
import type { Storage } from "../ports/storage.ts";
import { expiryOf } from "./record-expiry.ts";

const MODEL = "RefreshToken";

export interface RefreshTokenDeps {
  readonly storage: Pick<Storage, "applications" | "records">;
  readonly limits: Pick<Limits, "refreshReuseGraceSeconds" | "refreshReuseGracePublicSeconds">;
  readonly now: () => Instant;
}

// Where refresh tokens differ from other records. A token that is found with `consumed` makes the engine revoke
// its family.
export function refreshTokenAdapter(
  deps: RefreshTokenDeps,
): Pick<Adapter, "upsert" | "find" | "consume"> {
  const { now } = deps;
  const { records } = deps.storage;
  return {
    async upsert(id, payload, expiresIn) {
      const rotatedFrom = Provider.ctx?.oidc.entities.RotatedRefreshToken?.jti;
      const kept = rotatedFrom === undefined ? payload : { ...payload, rotatedFrom };
      await records.save({
        model: MODEL,
        id,
        payload: kept,
        expiresAt: expiryOf(MODEL, now(), expiresIn),
      });
    },
    async find(id) {
      const token = await records.find(MODEL, id, now());
      if (token === null) return undefined;
      return (await worksAgain(deps, token)) ? without(token, "consumed") : { ...token };
    },
    async consume(id) {
      const token = await records.find(MODEL, id, now());
      if (token === null) throw new errors.InvalidGrant("already revoked");
      // Before it is consumed: after a crash in between, the token at hand still works.
      await endReuseOfParent(deps, token);
      if (await records.consume(MODEL, id, now())) return;
      const consumed = await records.find(MODEL, id, now());
      if (consumed !== null && (await worksAgain(deps, consumed))) return;
      throw new errors.InvalidGrant("already used");
    },
  };
}

// The parent was consumed before this one was made: where that is longer ago than any grace, nothing is left to end.
async function endReuseOfParent(
  { storage, limits, now }: RefreshTokenDeps,
  { rotatedFrom, iat }: RecordPayload,
): Promise<void> {
  if (typeof rotatedFrom !== "string") return;
  const { refreshReuseGraceSeconds: bound, refreshReuseGracePublicSeconds: unbound } = limits;
  const ended = typeof iat === "number" && now() / 1000 - iat > Math.max(bound, unbound);
  if (!ended) await storage.records.endReuse(MODEL, rotatedFrom);
}

// Whether a consumed token is within its grace. Whoever has it must also be its client, or have its key, which
// the engine asks for; where neither can be asked for, the grace is the short one.
async function worksAgain(
  { storage, limits, now }: RefreshTokenDeps,
  token: RecordPayload,
): Promise<boolean> {
  if (typeof token.consumed !== "number") return false;
  const graceSeconds = (await isBound(storage, token))
    ? limits.refreshReuseGraceSeconds
    : limits.refreshReuseGracePublicSeconds;
  return graceSeconds > 0 && now() / 1000 - token.consumed <= graceSeconds;
}

async function isBound(
  { applications }: RefreshTokenDeps["storage"],
  token: RecordPayload,
): Promise<boolean> {
  if (token.jkt !== undefined || token["x5t#S256"] !== undefined) return true;
  const application = await applications.find(String(token.clientId));
  const method = application?.metadata.token_endpoint_auth_method;
  return method !== undefined && method !== "none";
}

function without(payload: RecordPayload, member: string): AdapterPayload {
  return Object.fromEntries(Object.entries(payload).filter(([name]) => name !== member));
}
