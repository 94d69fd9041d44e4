// The codes of the device flow (RFC 8628). The engine reads a code, sees that nobody has confirmed it, and writes that
// somebody has; here only one confirmation of a code goes on.
import { type Adapter, errors, Provider } from "oidc-provider";
import type { Instant } from "../domain/time.ts";
import type { Storage } from "../ports/storage.ts";

interface DeviceCodeDeps {
  readonly storage: Pick<Storage, "records">;
  readonly now: () => Instant;
}

// What of the engine's request is looked at.
interface EngineRequest {
  readonly oidc: { readonly route: string };
}

// Somebody else has confirmed the same code a moment ago.
export class UserCodeTaken extends errors.InvalidRequest {
  constructor() {
    super("the code was confirmed before", 409);
  }
}

const CONFIRMATION = "DeviceConfirmation";

// `adapter` with that promise.
export function confirmedOnce(
  { storage, now }: DeviceCodeDeps,
  adapter: Adapter,
  currentRequest: () => EngineRequest | undefined = () => Provider.ctx,
): Adapter {
  const confirmed = new WeakSet<object>();
  return {
    ...adapter,
    async upsert(id, payload, expiresIn) {
      const ctx = currentRequest();
      const confirms = ctx?.oidc.route === "code_verification" && payload.inFlight === true;
      if (confirms && !confirmed.has(ctx)) {
        const expiresAt = now() + (expiresIn ?? 0) * 1000;
        const record = { model: CONFIRMATION, id, payload: {}, expiresAt };
        if (!(await storage.records.insert(record, now()))) throw new UserCodeTaken();
        confirmed.add(ctx);
      }
      await adapter.upsert(id, payload, expiresIn);
    },
  };
}
