import assert from "node:assert/strict";
import { addApplication, removeApplication } from "../../src/admin/applications.ts";
import { demoUris, hasDemoData, makeDemo } from "../../src/admin/first-start.ts";
import { mfaShow } from "../../src/admin/rules.ts";
import { addUser, removeUser, showUser } from "../../src/admin/users.ts";
import { openRoom, type Room } from "./room.ts";

const URIS = demoUris("http://localhost:3000");

describe("first start", () => {
  let room: Room;
  beforeEach(async () => {
    room = await openRoom();
  });
  afterEach(() => room.storage.close());

  it("makes an application with SMS on and a user without a phone", async () => {
    const made = await makeDemo(room, URIS);
    assert.equal(made?.login, "demo");
    const user = await showUser(room, "demo");
    assert.equal(user.phoneStatus, "none");
    const { global, clients } = await mfaShow(room);
    assert.equal(global.sms, false);
    assert.deepEqual(
      clients.map(({ client, customized, sms }) => ({ client, customized, sms })),
      [{ client: "demo", customized: true, sms: true }],
    );
    const { passwordHash } = (await room.storage.users.find(user.id)) ?? { passwordHash: null };
    assert.ok((await room.hasher.verify(passwordHash, made?.password ?? "")).matches);
    assert.equal(await hasDemoData(room.storage), true);
  });

  it("tells one of five first starts at once the password", async () => {
    const all = await Promise.all(Array.from({ length: 5 }, () => makeDemo(room, URIS)));
    assert.equal(all.filter((made) => made !== null).length, 1);
  });

  it("goes on where an earlier start died", async () => {
    await addApplication(room, {
      id: "demo",
      name: "Demo",
      redirectUris: [URIS.redirectUri],
      public: true,
    });
    assert.notEqual(await makeDemo(room, URIS), null);
    assert.equal((await mfaShow(room, "demo")).clients[0]?.sms, true);
  });

  it("makes nothing where there is something", async () => {
    await addUser(room, { username: "alice" });
    assert.equal(await makeDemo(room, URIS), null);
    assert.equal(await hasDemoData(room.storage), false);
  });

  it("does not bring back a demo that was removed", async () => {
    await makeDemo(room, URIS);
    await removeUser(room, "demo");
    assert.equal(await makeDemo(room, URIS), null);
    await removeApplication(room, "demo");
    assert.equal(await makeDemo(room, URIS), null);
    assert.equal(await hasDemoData(room.storage), false);
  });
});
