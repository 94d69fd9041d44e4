import assert from "node:assert/strict";
import {
  addApplication,
  showApplication,
  updateApplication,
} from "../../src/admin/applications.ts";
import {
  addResource,
  listResources,
  removeResource,
  showResource,
  updateResource,
} from "../../src/admin/resources.ts";
import { openRoom, type Room, refusal } from "./room.ts";

const API = { id: "https://api.example", name: "Orders", scopes: ["api:read", "api:write"] };
const REDIRECT = ["https://shop.example/cb"];

describe("APIs", () => {
  let room: Room;
  beforeEach(async () => {
    room = await openRoom();
  });
  afterEach(() => room.storage.close());

  it("are registered, shown, changed and removed, each with its event", async () => {
    const shown = { ...API, audience: API.id, claims: [] };
    assert.deepEqual(await addResource(room, API), shown);
    assert.equal((await room.lastEvent()).action, "resource-added");
    assert.deepEqual(await listResources(room), [shown]);
    const changed = await updateResource(room, API.id, {
      scopes: ["api:read"],
      audience: "orders",
    });
    assert.deepEqual(changed, { ...shown, scopes: ["api:read"], audience: "orders" });
    assert.deepEqual((await room.lastEvent()).details.after, {
      scopes: ["api:read"],
      audience: "orders",
    });
    assert.deepEqual(await removeResource(room, API.id), { id: API.id });
    await refusal(showResource(room, API.id), "not-found");
  });

  it("are not registered twice, nor with what no scope or claim can be", async () => {
    await addResource(room, API);
    await refusal(addResource(room, API), "conflict");
    const other = { ...API, id: "https://other.example" };
    for (const scope of ["openid", "email", "two words", 'a"b', "", "é"]) {
      await refusal(addResource(room, { ...other, scopes: [scope] }), "usage");
    }
    await refusal(addResource(room, { ...other, id: "no-uri" }), "usage");
    await refusal(addResource(room, { ...other, id: "https://a.example/#f" }), "usage");
    await refusal(addResource(room, { ...other, claims: ["sub" as "name"] }), "usage");
  });

  it("share no audience, or one could introspect the tokens of the other", async () => {
    await addResource(room, { ...API, audience: "orders" });
    const other = { ...API, id: "https://other.example" };
    for (const audience of ["orders", API.id]) {
      await refusal(addResource(room, { ...other, audience }), "conflict");
    }
    await refusal(addResource(room, { ...other, id: "urn:orders", audience: API.id }), "conflict");
    await addResource(room, other);
    await refusal(updateResource(room, other.id, { audience: "orders" }), "conflict");
    assert.equal((await updateResource(room, API.id, { audience: "orders" })).audience, "orders");
  });

  it("give their scopes to applications that name them, and to no others (DCR-04)", async () => {
    await addResource(room, API);
    const shop = { id: "shop", name: "Shop", redirectUris: REDIRECT };
    const scope = "openid api:read";
    await refusal(addApplication(room, { ...shop, scope }), "usage");
    await addApplication(room, { ...shop, scope, resources: [API.id] });
    await refusal(updateApplication(room, "shop", { scope: "openid api:admin" }), "usage");
    await refusal(updateApplication(room, "shop", { resources: [] }), "usage");
    await refusal(removeResource(room, API.id), "conflict");
    await updateApplication(room, "shop", { resources: [], scope: "openid" });
    await removeResource(room, API.id);
  });

  it("may give a scope up, and an application is still changed in other ways", async () => {
    await addResource(room, API);
    const scope = "openid api:read";
    await addApplication(room, {
      ...{ id: "shop", name: "Shop", redirectUris: REDIRECT, scope, resources: [API.id] },
    });
    await updateResource(room, API.id, { scopes: [] });
    await updateApplication(room, "shop", { name: "The shop" });
    assert.equal((await showApplication(room, "shop")).scope, scope);
  });

  it("are what a machine gets tokens for, without users, redirect URIs and their scopes", async () => {
    await addResource(room, API);
    const machine = { id: "job", name: "Job", grantTypes: ["client_credentials" as const] };
    const added = await addApplication(room, {
      ...machine,
      resources: [API.id],
      scope: "api:read",
    });
    assert.deepEqual(
      [added.scope, added.redirect_uris, added.response_types],
      ["api:read", [], []],
    );
    assert.ok(added.client_secret);
    const bare = await addApplication(room, { ...machine, id: "bare" });
    assert.equal(bare.scope, "");
    const wrong = [
      { public: true },
      { scope: "openid" },
      { redirectUris: REDIRECT },
      { grantTypes: ["refresh_token" as const] },
      { grantTypes: ["authorization_code" as const] },
    ];
    for (const given of wrong) {
      await refusal(addApplication(room, { ...machine, id: "wrong", ...given }), "usage");
    }
  });
});
