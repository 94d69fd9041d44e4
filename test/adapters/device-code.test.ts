import assert from "node:assert/strict";
import type { Adapter, AdapterPayload } from "oidc-provider";
import { openSqliteStorage } from "../../src/adapters/sqlite/storage.ts";
import { confirmedOnce, UserCodeTaken } from "../../src/oidc/device-code-adapter.ts";
import { NOON } from "../support/builders.ts";

describe("the codes of the device flow", () => {
  it("are confirmed by one request of twenty at once, which may go on writing (TOK-20)", async () => {
    const secrets = ["a-secret-for-tests-of-32-bytes-or-more"];
    const storage = await openSqliteStorage({ file: ":memory:", secrets, now: () => NOON });
    const written: unknown[] = [];
    const plain = {
      upsert: async (_id: string, payload: AdapterPayload) => {
        written.push(payload.accountId);
      },
    } as Adapter;
    const confirm = (i: number) => {
      const request = { oidc: { route: "code_verification" } };
      const adapter = confirmedOnce({ storage, now: () => NOON }, plain, () => request);
      return adapter
        .upsert("code", { inFlight: true }, 600)
        .then(() => adapter.upsert("code", { inFlight: true, accountId: `user${i}` }, 600))
        .then(
          () => true,
          (error: unknown) => !(error instanceof UserCodeTaken),
        );
    };
    const confirmed = await Promise.all(Array.from({ length: 20 }, (_, i) => confirm(i)));
    assert.equal(confirmed.filter(Boolean).length, 1);
    assert.deepEqual(written, [undefined, `user${confirmed.indexOf(true)}`]);
    await storage.close();
  });
});
