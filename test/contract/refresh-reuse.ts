// How long a refresh token that was rotated works again, on a store: both sides of each boundary.
import assert from "node:assert/strict";
import type { Adapter } from "oidc-provider";
import { createRecordAdapter } from "../../src/oidc/record-adapter.ts";
import { anApplication, anAuditEvent, NOON } from "../support/builders.ts";
import { type OpenEmpty, openedForEach } from "./opened-storage.ts";

const LIMITS = {
  refreshReuseGraceSeconds: 60,
  refreshReuseGracePublicSeconds: 10,
  untouchedInteractionLifeSeconds: 60,
};

export function refreshReuseContract(openEmpty: OpenEmpty): void {
  describe("refresh tokens on a store", () => {
    const storage = openedForEach(openEmpty);
    let now = NOON;
    let tokens: Adapter;
    beforeEach(() => {
      now = NOON;
      const begunInteractions = { begin() {}, isBegunHere: () => false, end() {} };
      const deps = {
        ...{ storage: storage(), limits: LIMITS, now: () => now },
        ...{ begunInteractions, countAnonymousWrite() {} },
      };
      tokens = createRecordAdapter(deps)("RefreshToken");
    });

    async function register(id: string, method: "none" | "client_secret_basic") {
      const plain = anApplication({ id });
      const metadata = { ...plain.metadata, client_id: id, token_endpoint_auth_method: method };
      await storage().applications.create({ ...plain, metadata }, anAuditEvent());
    }

    const save = (id: string, given: object) =>
      tokens.upsert(id, { jti: id, kind: "RefreshToken", iat: NOON / 1000, ...given }, 3600);

    const CASES = [
      { of: "a confidential client", clientId: "shop", bound: {}, seconds: 60 },
      { of: "a public client with a key", clientId: "spa", bound: { jkt: "thumb" }, seconds: 60 },
      { of: "a public client without one", clientId: "spa", bound: {}, seconds: 10 },
      { of: "a client that is gone", clientId: "gone", bound: {}, seconds: 10 },
    ];
    for (const { of, clientId, bound, seconds } of CASES) {
      it(`takes the last one of ${of} again for ${seconds} seconds (TOK-04)`, async () => {
        await register("shop", "client_secret_basic");
        await register("spa", "none");
        await save("r0", { clientId, ...bound });
        await tokens.consume("r0");
        now = NOON + seconds * 1000;
        assert.equal((await tokens.find("r0"))?.consumed, undefined);
        await tokens.consume("r0");
        now += 1;
        assert.equal((await tokens.find("r0"))?.consumed, NOON / 1000);
        await assert.rejects(async () => tokens.consume("r0"), { error: "invalid_grant" });
      });
    }

    it("takes the second-last one never again, once the last one was used (TOK-04)", async () => {
      await register("shop", "client_secret_basic");
      await save("r0", { clientId: "shop" });
      await tokens.consume("r0");
      await save("r1", { clientId: "shop", rotatedFrom: "r0" });
      assert.equal((await tokens.find("r0"))?.consumed, undefined);
      await tokens.consume("r1");
      assert.equal((await tokens.find("r0"))?.consumed, 1);
      await assert.rejects(async () => tokens.consume("r0"), { error: "invalid_grant" });
      await tokens.consume("r1");
    });
  });
}
