// The user's own page as an application: what is built in counts, whatever lies in the store under its id.
import assert from "node:assert/strict";
import { openSqliteStorage } from "../../src/adapters/sqlite/storage.ts";
import { ACCOUNT_CLIENT_ID, accountApplication } from "../../src/domain/account-application.ts";
import { DEFAULT_RULES, withSms } from "../../src/domain/security-rules.ts";
import { accountPhoneUrl, accountSignInUrl, withBuiltIn } from "../../src/oidc/account-client.ts";
import { anApplication, anAuditEvent } from "../support/builders.ts";

const ISSUER = "https://op.example/id";

describe("the user's own page as an application", () => {
  it("is found before one in the store, with the global rules", async () => {
    const secrets = ["a-secret-for-tests-of-32-bytes-or-more"];
    const stored = await openSqliteStorage({ file: ":memory:", secrets });
    try {
      for (const id of [ACCOUNT_CLIENT_ID, "other"]) {
        await stored.applications.create(anApplication({ id }), anAuditEvent());
        const own = withSms(DEFAULT_RULES, true);
        assert.equal(await stored.rules.replace(id, null, own, anAuditEvent()), true);
      }
      const builtIn = accountApplication(ISSUER);
      const storage = withBuiltIn(stored, builtIn);
      assert.equal(await storage.applications.find(ACCOUNT_CLIENT_ID), builtIn);
      assert.equal((await storage.rules.find(ACCOUNT_CLIENT_ID)).own, null);
      assert.equal((await storage.applications.find("other"))?.id, "other");
      assert.notEqual((await storage.rules.find("other")).own, null);
      assert.equal((await storage.rules.find(null)).own, null);
    } finally {
      await stored.close();
    }
  });

  it("sends a browser off with another challenge each time, and back below the issuer", () => {
    const urls = [accountSignInUrl(ISSUER), accountSignInUrl(ISSUER)].map((url) => new URL(url));
    const challenges = urls.map(({ searchParams }) => searchParams.get("code_challenge"));
    assert.notEqual(challenges[0], challenges[1]);
    for (const { href, searchParams } of urls) {
      assert.ok(href.startsWith(`${ISSUER}/auth?`));
      assert.equal(searchParams.get("redirect_uri"), `${ISSUER}/account/signed-in`);
      assert.equal(searchParams.get("code_challenge_method"), "S256");
      assert.equal(searchParams.get("prompt"), null);
    }
    const change = new URL(accountPhoneUrl(ISSUER, { single: "one", multi: "two" })).searchParams;
    assert.deepEqual([change.get("prompt"), change.get("acr_values")], ["login", "two"]);
  });
});
