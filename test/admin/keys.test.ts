import assert from "node:assert/strict";
import {
  ensureSigningKeys,
  listKeys,
  makeSigningKeys,
  pruneKeys,
  rotateKeys,
} from "../../src/admin/keys.ts";
import { openRoom, type Room, refusal } from "./room.ts";

describe("signing keys", () => {
  let room: Room;
  beforeEach(async () => {
    room = await openRoom();
  });
  afterEach(() => room.storage.close());

  const states = async () =>
    (await listKeys(room)).map(({ alg, state }) => `${alg} ${state}`).toSorted();

  it("names a key by the thumbprint of its public part", async () => {
    const { calculateJwkThumbprint } = await import("jose");
    for (const { kid, jwk } of await makeSigningKeys(["RS256", "ES256"], room.now())) {
      assert.equal(kid, await calculateJwkThumbprint(jwk));
    }
  });

  it("makes one of each algorithm at the first start, which sign at once", async () => {
    await ensureSigningKeys(room);
    assert.deepEqual(await states(), ["ES256 signing", "RS256 signing"]);
  });

  it("gives five first starts at once the same keys", async () => {
    const all = await Promise.all(Array.from({ length: 5 }, () => ensureSigningKeys(room)));
    const kids = new Set(all.map((keys) => keys.map(({ kid }) => kid).join()));
    assert.equal(kids.size, 1);
    assert.equal((await listKeys(room)).length, 2);
  });

  it("publishes new keys before they sign, and keeps the old ones after", async () => {
    await ensureSigningKeys(room);
    room.pass(60);
    await rotateKeys(room);
    assert.deepEqual(await states(), [
      "ES256 published",
      "ES256 signing",
      "RS256 published",
      "RS256 signing",
    ]);
    room.pass(room.limits.signingKeyPublishSeconds);
    assert.deepEqual(await states(), [
      "ES256 retiring",
      "ES256 signing",
      "RS256 retiring",
      "RS256 signing",
    ]);
  });

  it("refuses to rotate again while new keys wait", async () => {
    await ensureSigningKeys(room);
    await rotateKeys(room);
    await refusal(rotateKeys(room), "conflict");
  });

  it("rotates once when two do it at once", async () => {
    await ensureSigningKeys(room);
    const results = await Promise.allSettled([rotateKeys(room), rotateKeys(room)]);
    assert.equal(results.filter(({ status }) => status === "fulfilled").length, 1);
    assert.equal((await listKeys(room)).length, 4);
  });

  it("signs with new keys at once in an emergency, and forgets the old ones if told to", async () => {
    await ensureSigningKeys(room);
    const old = (await listKeys(room)).map(({ kid }) => kid);
    await refusal(rotateKeys(room, { forgetOld: true }), "usage");
    const keys = await rotateKeys(room, { atOnce: true, forgetOld: true });
    assert.deepEqual(await states(), ["ES256 signing", "RS256 signing"]);
    assert.ok(keys.every(({ kid }) => !old.includes(kid)));
  });

  it("makes keys that sign at once where there are none", async () => {
    await rotateKeys(room);
    assert.deepEqual(await states(), ["ES256 signing", "RS256 signing"]);
  });

  it("removes a key once the last token that names it is out", async () => {
    await ensureSigningKeys(room);
    await rotateKeys(room);
    const { limits } = room;
    const tokenLife =
      limits.sessionAbsoluteSeconds +
      Math.max(limits.accessTokenLifeSeconds, limits.idTokenLifeSeconds);
    room.pass(limits.signingKeyPublishSeconds + tokenLife - 1);
    assert.equal(await pruneKeys(room), 0);
    room.pass(1);
    assert.equal(await pruneKeys(room), 2);
  });

  it("gives no private part out, to people or to the log", async () => {
    await ensureSigningKeys(room);
    const keys = await rotateKeys(room);
    const stored = await room.storage.signingKeys.list();
    const told = JSON.stringify([keys, await room.storage.audit.list({ limit: 10 })]);
    for (const { jwk } of stored) assert.ok(!told.includes(String(jwk.d)));
  });
});
