import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { type Latchkey, openLatchkey } from "./command.ts";

const URI = ["--redirect-uri", "https://shop.example/cb"];

describe("latchkey client", () => {
  let latchkey: Latchkey;
  beforeEach(() => {
    latchkey = openLatchkey();
  });
  afterEach(() => latchkey.close());

  it("adds with RFC 7591 names and a secret, shows it never again, and makes a new one", async () => {
    const added = await latchkey.json("client", "add", "--id", "shop", "--name", "Shop", ...URI);
    assert.equal(added.client_id, "shop");
    assert.equal(added.client_secret.length, 43);
    const shown = await latchkey.json("client", "show", "shop");
    assert.equal("client_secret" in shown, false);
    const { client_secret: _secret, client_secret_expires_at: _never, ...rest } = added;
    assert.deepEqual(shown, rest);
    assert.deepEqual(await latchkey.json("client", "list"), { items: [shown] });
    const rotated = await latchkey.json("client", "secret", "shop");
    assert.notEqual(rotated.client_secret, added.client_secret);
  });

  it("hands every option on", async () => {
    const jwks = path.join(latchkey.dataDir, "jwks.json");
    writeFileSync(jwks, JSON.stringify({ keys: [{ kty: "EC", crv: "P-256", x: "x", y: "y" }] }));
    const added = await latchkey.json(
      ...["client", "add", "--id", "all", "--name", "<img src=x onerror=alert(1)>"],
      ...["--redirect-uri", "https://a.example/1", "--redirect-uri", "https://a.example/2"],
      ...["--post-logout-redirect-uri", "https://a.example/bye", "--scope", "openid phone"],
      ...["--backchannel-logout-uri", "https://a.example/out", "--auth-method", "private_key_jwt"],
      ...["--jwks-file", jwks, "--subject-type", "pairwise", "--consent", "--require-par"],
      ...["--id-token-claims", "--id-token-alg", "ES256", "--grant-type", "authorization_code"],
      ...["--application-type", "web", "--default-acr-values", "urn:a urn:b"],
      ...["--default-max-age", "60", "--resource", "https://api.example/"],
    );
    const { client_id_issued_at: _at, jwks: _jwks, ...rest } = added;
    assert.deepEqual(rest, {
      client_id: "all",
      client_name: "<img src=x onerror=alert(1)>",
      application_type: "web",
      redirect_uris: ["https://a.example/1", "https://a.example/2"],
      post_logout_redirect_uris: ["https://a.example/bye"],
      backchannel_logout_uri: "https://a.example/out",
      backchannel_logout_session_required: true,
      grant_types: ["authorization_code"],
      response_types: ["code"],
      token_endpoint_auth_method: "private_key_jwt",
      subject_type: "pairwise",
      scope: "openid phone",
      id_token_signed_response_alg: "ES256",
      id_token_claims: true,
      default_acr_values: ["urn:a", "urn:b"],
      default_max_age: 60,
      require_pushed_authorization_requests: true,
      consent: true,
      resources: ["https://api.example/"],
    });
  });

  it("reads a text from standard input, shows the texts and gives one up", async () => {
    await latchkey.json("client", "add", "--id", "shop", "--name", "Shop", ...URI);
    const args = ["client", "text", "shop", "en"];
    const set = await latchkey.run([...args, "--json"], { stdin: "Shop: {code}\n" });
    assert.equal(set.code, 0, set.stderr);
    const { template, own, text, segments } = JSON.parse(set.stdout);
    assert.deepEqual([template, own, segments], ["Shop: {code}", true, 1]);
    assert.equal(text, "Shop: 000000\n@localhost #000000");
    const { items } = await latchkey.json("client", "text", "shop");
    const owns = items.map((item: { language: string; own: boolean }) => [item.language, item.own]);
    assert.deepEqual(owns, [
      ["de", false],
      ["en", true],
      ["es", false],
    ]);
    assert.equal((await latchkey.json(...args, "--remove")).own, false);

    assert.match(await latchkey.refused(2, args, "Don’t {tell}"), /\{code\} must stand in it/);
    await latchkey.refused(2, args, "");
    await latchkey.refused(2, ["client", "text", "shop", "xx"], "{code}");
    await latchkey.refused(2, ["client", "text", "shop", "--remove"]);
    await latchkey.refused(3, ["client", "text", "gone", "en"], "{code}");
  });

  it("updates what is given, takes away what is empty, and removes", async () => {
    await latchkey.json(
      ...["client", "add", "--id", "spa", "--name", "Spa", "--public", "--consent", ...URI],
      ...["--post-logout-redirect-uri", "https://shop.example/bye"],
    );
    const updated = await latchkey.json(
      ...["client", "update", "spa", "--name", "S", "--no-public", "--no-consent"],
      ...["--post-logout-redirect-uri", ""],
    );
    assert.equal(updated.client_name, "S");
    assert.equal(updated.token_endpoint_auth_method, "client_secret_basic");
    assert.equal(updated.client_secret.length, 43);
    assert.equal(updated.consent, false);
    assert.deepEqual(updated.redirect_uris, ["https://shop.example/cb"]);
    assert.deepEqual(updated.post_logout_redirect_uris, []);
    assert.deepEqual(await latchkey.json("client", "remove", "spa"), { id: "spa" });
    await latchkey.refused(3, ["client", "remove", "spa"]);
  });

  it("refuses what is wrong, taken or not there, each with its exit code", async () => {
    const add = ["client", "add", "--id", "shop", "--name", "Shop"];
    await latchkey.refused(2, add);
    await latchkey.refused(2, [...add, "--redirect-uri", "javascript:alert(1)"]);
    await latchkey.refused(2, [...add, ...URI, "--auth-method", "magic"]);
    await latchkey.refused(2, [...add, ...URI, "--grant-type", "implicit"]);
    await latchkey.refused(2, [...add, ...URI, "--jwks-file", "/nowhere.json"]);
    await latchkey.refused(2, ["client", "add", "--name", "two\nlines", ...URI]);
    await latchkey.refused(2, ["client"]);
    await latchkey.json(...add, ...URI);
    await latchkey.refused(4, [...add, ...URI]);
    await latchkey.refused(3, ["client", "show", "nobody"]);
    await latchkey.refused(3, ["client", "update", "nobody", "--name", "x"]);
    await latchkey.refused(3, ["client", "secret", "nobody"]);
  });

  it("tells a person the secret once, on a line of its own", async () => {
    const { stdout } = await latchkey.run(["client", "add", "--name", "Shop", ...URI]);
    assert.match(stdout, /client secret, shown this once.*\n\n {2}[\w-]{43}\n/);
    assert.equal(stdout.match(/[\w-]{43}/g)?.length, 1);
  });
});
