import assert from "node:assert/strict";
import {
  addApplication,
  listApplications,
  removeApplication,
  rotateSecret,
  showApplication,
  updateApplication,
} from "../../src/admin/applications.ts";
import { openRoom, type Room, refusal } from "./room.ts";

const SHOP = { id: "shop", name: "Shop", redirectUris: ["https://shop.example/cb"] };

describe("applications", () => {
  let room: Room;
  beforeEach(async () => {
    room = await openRoom();
  });
  afterEach(() => room.storage.close());

  it("registers one with the defaults, and tells its secret once", async () => {
    const added = await addApplication(room, SHOP);
    assert.equal(Buffer.from(added.client_secret ?? "", "base64url").length, 32);
    const { client_secret: _secret, client_secret_expires_at: _never, ...rest } = added;
    assert.deepEqual(rest, {
      client_id: "shop",
      client_name: "Shop",
      client_id_issued_at: room.now() / 1000,
      application_type: "web",
      redirect_uris: ["https://shop.example/cb"],
      post_logout_redirect_uris: [],
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      token_endpoint_auth_method: "client_secret_basic",
      subject_type: "public",
      scope: "openid profile email phone offline_access",
      consent: false,
      resources: [],
    });
    assert.deepEqual(await showApplication(room, "shop"), rest);
    assert.deepEqual(await listApplications(room), [rest]);
  });

  it("makes an id when none is given, another one every time", async () => {
    const { id: _id, ...unnamed } = SHOP;
    const one = await addApplication(room, unnamed);
    const other = await addApplication(room, unnamed);
    assert.match(one.client_id, /^[0-9a-f]{32}$/);
    assert.notEqual(one.client_id, other.client_id);
  });

  it("gives a public application and one with keys no secret", async () => {
    const spa = await addApplication(room, { ...SHOP, public: true });
    assert.equal(spa.client_secret, undefined);
    assert.equal(spa.token_endpoint_auth_method, "none");
    const jwks = { keys: [{ kty: "EC", crv: "P-256", x: "x", y: "y" }] };
    const given = { ...SHOP, id: "keys", authMethod: "private_key_jwt", jwks } as const;
    assert.equal((await addApplication(room, given)).client_secret, undefined);
  });

  it("keeps the secret out of the audit log", async () => {
    const { client_secret } = await addApplication(room, SHOP);
    const event = await room.lastEvent();
    assert.equal(event.action, "client-added");
    assert.equal(event.actor, "cli:tester");
    assert.equal(event.target, "client:shop");
    assert.ok(client_secret && !JSON.stringify(event).includes(client_secret));
  });

  it("accepts a name that a page must escape, and refuses one of two lines", async () => {
    const name = "<img src=x onerror=alert(1)>";
    assert.equal((await addApplication(room, { ...SHOP, name })).client_name, name);
    for (const bad of ["", " ", "two\nlines", "bell\u0007", "line\u2028", "a".repeat(201)]) {
      await refusal(addApplication(room, { ...SHOP, id: "other", name: bad }), "usage");
    }
  });

  const REFUSED = [
    { why: "no redirect URI", given: { redirectUris: [] } },
    { why: "a script to redirect to", given: { redirectUris: ["javascript:alert(1)"] } },
    { why: "a bad post-logout URI", given: { postLogoutRedirectUris: ["http://evil.example/"] } },
    { why: "a private back-channel URI", given: { backchannelLogoutUri: "https://10.1.2.3/" } },
    { why: "a loopback back-channel URI", given: { backchannelLogoutUri: "http://localhost/" } },
    { why: "a bad back-channel URI", given: { backchannelLogoutUri: "http://evil.example/" } },
    { why: "an id with a space", given: { id: "a b" } },
    { why: "an id that objects have already", given: { id: "constructor" } },
    { why: "the id of the user's own page", given: { id: "latchkey-account" } },
    { why: "a scope without openid", given: { scope: "profile" } },
    { why: "an unknown scope", given: { scope: "openid admin" } },
    {
      why: "a public one with a secret",
      given: { public: true, authMethod: "client_secret_post" },
    },
    { why: "private_key_jwt without keys", given: { authMethod: "private_key_jwt" } },
    { why: "a private key", given: { jwks: { keys: [{ kty: "EC", d: "d" }] } } },
    { why: "a shared key", given: { jwks: { keys: [{ kty: "oct", k: "k" }] } } },
    {
      why: "pairwise subjects over two hosts",
      given: {
        subjectType: "pairwise",
        redirectUris: ["https://a.example/", "https://b.example/"],
      },
    },
    { why: "no authorization code", given: { grantTypes: ["refresh_token"] } },
    { why: "what it does not know", given: { client_secret: "chosen" } },
  ] as const;
  for (const { why, given } of REFUSED) {
    it(`refuses ${why}`, async () => {
      // What comes from an edge has no type yet.
      const input: Parameters<typeof addApplication>[1] = JSON.parse(
        JSON.stringify({ ...SHOP, ...given }),
      );
      await refusal(addApplication(room, input), "usage");
      assert.deepEqual(await listApplications(room), []);
    });
  }

  it("lets one of twenty have an id", async () => {
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, () => addApplication(room, SHOP)),
    );
    assert.equal(results.filter(({ status }) => status === "fulfilled").length, 1);
    await refusal(addApplication(room, SHOP), "conflict");
  });

  it("changes what is given alone, and logs only that", async () => {
    await addApplication(room, { ...SHOP, backchannelLogoutUri: "https://shop.example/out" });
    const changed = await updateApplication(room, "shop", {
      name: "The shop",
      redirectUris: ["https://shop.example/cb2"],
      backchannelLogoutUri: null,
    });
    assert.equal(changed.client_name, "The shop");
    assert.deepEqual(changed.redirect_uris, ["https://shop.example/cb2"]);
    assert.equal((await showApplication(room, "shop")).backchannel_logout_uri, undefined);
    assert.deepEqual((await room.lastEvent()).details, {
      before: {
        client_name: "Shop",
        redirect_uris: ["https://shop.example/cb"],
        backchannel_logout_uri: "https://shop.example/out",
        backchannel_logout_session_required: true,
      },
      after: { client_name: "The shop", redirect_uris: ["https://shop.example/cb2"] },
    });
  });

  it("changes and logs nothing when all is so already", async () => {
    await addApplication(room, SHOP);
    const { id } = await room.lastEvent();
    await updateApplication(room, "shop", { name: "Shop" });
    assert.equal((await room.lastEvent()).id, id);
  });

  it("loses neither of two changes at once", async () => {
    await addApplication(room, SHOP);
    await Promise.all([
      updateApplication(room, "shop", { name: "Two" }),
      updateApplication(room, "shop", { consent: true }),
    ]);
    const { client_name, consent } = await showApplication(room, "shop");
    assert.deepEqual({ client_name, consent }, { client_name: "Two", consent: true });
  });

  it("forgets the secret of one that becomes public, and makes one when it stops being it", async () => {
    const { client_secret: first } = await addApplication(room, SHOP);
    await updateApplication(room, "shop", { public: true });
    assert.equal((await room.storage.applications.find("shop"))?.metadata.client_secret, undefined);
    const again = await updateApplication(room, "shop", { public: false });
    assert.ok(again.client_secret && again.client_secret !== first);
  });

  it("rotates a secret, and refuses where there is none", async () => {
    const { client_secret: first } = await addApplication(room, SHOP);
    const { client_secret: second } = await rotateSecret(room, "shop");
    assert.notEqual(first, second);
    const stored = await room.storage.applications.find("shop");
    assert.equal(stored?.metadata.client_secret, second);
    assert.deepEqual((await room.lastEvent()).details, {});
    await updateApplication(room, "shop", { public: true });
    await refusal(rotateSecret(room, "shop"), "usage");
  });

  it("says of an unknown one that it is not there", async () => {
    await refusal(showApplication(room, "nobody"), "not-found");
    await refusal(updateApplication(room, "nobody", { name: "x" }), "not-found");
    await refusal(removeApplication(room, "nobody"), "not-found");
    await refusal(rotateSecret(room, "nobody"), "not-found");
  });

  it("removes one, once", async () => {
    await addApplication(room, SHOP);
    assert.deepEqual(await removeApplication(room, "shop"), { id: "shop" });
    await refusal(removeApplication(room, "shop"), "not-found");
  });
});
