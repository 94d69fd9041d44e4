import assert from "node:assert/strict";
import { createNameReview } from "../../src/admin/old-names.ts";
import { addUser } from "../../src/admin/users.ts";
import { anAuditEvent, aUser } from "../support/builders.ts";
import { openRoom, type Room, refusal } from "./room.ts";

describe("users whose names are older than the comparison of look-alikes", () => {
  let room: Room;
  beforeEach(async () => {
    room = await openRoom();
  });
  afterEach(() => room.storage.close());

  const store = async (id: string, username: string | null) =>
    room.storage.users.create(aUser({ id, username, email: `${id}@example.com` }), anAuditEvent());
  const lookAlikes = async (id: string) => (await room.storage.users.find(id))?.lookAlikes;

  it("have what they look like reserved for them, over all pages", async () => {
    for (let i = 0; i < 120; i++) await store(`u${i}`, `name-${i}`);
    await store("nameless", null);
    const review = createNameReview(room);
    for (let i = 0; i < 4; i++) await review();
    assert.deepEqual(await lookAlikes("u99"), ["narne-99"]);
    assert.deepEqual(await lookAlikes("u7"), ["narne-7"]);
    assert.equal(await lookAlikes("nameless"), undefined);
    const refused = await refusal(addUser(room, { username: "narne-7" }), "conflict");
    assert.match(refused, /looks like another user's/);
  });

  it("keep their names where two look alike, and the audit log names the second", async () => {
    await store("a", "alice");
    await store("b", "\u0430lice");
    const review = createNameReview(room);
    await review();
    assert.deepEqual(await lookAlikes("a"), ["alice"]);
    assert.deepEqual(await lookAlikes("b"), []);
    const event = await room.lastEvent();
    assert.deepEqual([event.target, event.because], ["user:b", "looks-like-another-user"]);
    for (const username of ["alice", "\u0430lice"]) {
      assert.ok(await room.storage.users.findByLogin({ kind: "username", value: username }));
    }
    // Whom it has looked at it leaves alone, also at the next start.
    await createNameReview(room)();
    assert.deepEqual(await room.lastEvent(), event);
  });
});
