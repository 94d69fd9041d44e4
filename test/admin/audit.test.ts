import assert from "node:assert/strict";
import { listAudit } from "../../src/admin/audit.ts";
import { setGlobal } from "../../src/admin/rules.ts";
import { addUser } from "../../src/admin/users.ts";
import { openRoom, type Room, refusal } from "./room.ts";

describe("audit list", () => {
  let room: Room;
  beforeEach(async () => {
    room = await openRoom();
    await addUser(room, { username: "alice" });
    room.pass(1);
    await setGlobal(room, true);
    await setGlobal(room, false);
  });
  afterEach(() => room.storage.close());

  const actions = async (filter: Parameters<typeof listAudit>[1]) =>
    (await listAudit(room, filter)).map(({ action }) => action);

  it("gives the newest first, or the oldest", async () => {
    const newest = ["mfa-global-changed", "mfa-global-changed", "user-added"];
    assert.deepEqual(await actions({}), newest);
    assert.deepEqual(await actions({ oldestFirst: true }), newest.toReversed());
  });

  it("filters by action and by target", async () => {
    assert.deepEqual(await actions({ action: "user-added" }), ["user-added"]);
    assert.equal((await actions({ target: "rules:global" })).length, 2);
    assert.deepEqual(await actions({ action: "user-added", target: "rules:global" }), []);
  });

  it("goes on after an event, in both directions", async () => {
    const all = await listAudit(room, {});
    const after = (await listAudit(room, { after: all[0]?.id, limit: 1 }))[0];
    assert.deepEqual(after, all[1]);
    assert.equal((await listAudit(room, { after: all[1]?.id, oldestFirst: true })).length, 1);
  });

  it("tells the time in UTC", async () => {
    assert.equal((await listAudit(room, { limit: 1 }))[0]?.at, "2026-11-24T12:00:01.000Z");
  });

  it("refuses a page of none, or of more than a thousand", async () => {
    await refusal(listAudit(room, { limit: 0 }), "usage");
    await refusal(listAudit(room, { limit: 1001 }), "usage");
    await listAudit(room, { limit: 1000 });
  });
});
