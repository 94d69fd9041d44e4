import assert from "node:assert/strict";
import { Readable } from "node:stream";
import {
  addTestNumber,
  listTestNumbers,
  liveTestNumbers,
  removeTestNumber,
} from "../../src/admin/test-numbers.ts";
import { updateUser } from "../../src/admin/user-changes.ts";
import { importUsers } from "../../src/admin/user-import.ts";
import { addUser } from "../../src/admin/users.ts";
import { openRoom, type Room, refusal } from "./room.ts";

const FICTION = "+447700900123";
// Noon in the room is noon of 2026-11-24.
const ADD = { number: FICTION, name: "App review", until: "2026-11-25" };
const MASKED = { number: "+44 ••• ••• 23", name: ADD.name, until: "2026-11-25T23:59:59.999Z" };
const UNTIL_AFTER_IT_SECONDS = 36 * 3600;

describe("test numbers, as an administrator lists them", () => {
  let room: Room;
  beforeEach(async () => {
    room = await openRoom();
  });
  afterEach(() => room.storage.close());

  it("are told to the audit log, masked and without their code", async () => {
    const added = await addTestNumber(room, { ...ADD, code: "135790" });
    assert.deepEqual(added, { id: added.id, ...MASKED, expired: false, users: 0 });
    const event = await room.lastEvent();
    assert.deepEqual(
      [event.actor, event.action, event.target, event.details],
      [
        "cli:tester",
        "test-number-added",
        `test-number:${added.id}`,
        { before: null, after: MASKED, users: 0 },
      ],
    );
    await removeTestNumber(room, FICTION);
    const { action, details } = await room.lastEvent();
    assert.equal(action, "test-number-removed");
    assert.deepEqual(details, { before: MASKED, after: null });
  });

  it("are there until their end, and listed after it until they are removed", async () => {
    const { id } = await addTestNumber(room, ADD);
    room.pass(UNTIL_AFTER_IT_SECONDS - 1);
    assert.deepEqual([...(await liveTestNumbers(room))], [FICTION]);
    room.pass(1);
    assert.deepEqual([...(await liveTestNumbers(room))], []);
    assert.equal((await listTestNumbers(room))[0]?.expired, true);
    const anew = { ...ADD, until: "2026-12-01" };
    assert.match(await refusal(addTestNumber(room, anew), "conflict"), /remove it first/);
    await removeTestNumber(room, id);
    assert.equal((await addTestNumber(room, anew)).expired, false);
  });

  const wrong = [
    { it: "a number that is none", input: { ...ADD, number: "7700900123" } },
    { it: "a number with letters", input: { ...ADD, number: "+44770090012E" } },
    { it: "a name that is empty", input: { ...ADD, name: " " } },
    { it: "a name of two lines", input: { ...ADD, name: "App\nreview" } },
    { it: "an end that is past", input: { ...ADD, until: "2026-11-23" } },
    { it: "an end 367 days ahead", input: { ...ADD, until: "2027-11-26" } },
    { it: "a code of five digits", input: { ...ADD, code: "12345" } },
    { it: "a code of letters", input: { ...ADD, code: "abcdef" } },
  ];
  for (const each of wrong) {
    it(`refuses ${each.it}, and lists nothing`, async () => {
      await refusal(addTestNumber(room, each.input), "usage");
      assert.deepEqual(await listTestNumbers(room), []);
      assert.deepEqual(await room.storage.audit.list({ limit: 9 }), []);
    });
  }

  it("may be a user's phone though no plan knows them, while they live and no longer", async () => {
    await refusal(addUser(room, { username: "alice", phone: FICTION }), "usage");
    await addTestNumber(room, ADD);
    await addUser(room, { username: "alice", phone: FICTION });
    await addUser(room, { username: "bob" });
    const bob = await updateUser(room, "bob", { phone: null });
    assert.equal(bob.phoneStatus, "none");
    const csv = () => Readable.from(["username,phone\n", `carol,${FICTION}9\n`]);
    assert.equal((await importUsers(room, csv(), { dryRun: false })).problemCount, 1);
    const alice = await room.storage.users.findByLogin({ kind: "phone", value: FICTION });
    assert.equal(alice?.phone?.status, "assigned");

    room.pass(UNTIL_AFTER_IT_SECONDS);
    await refusal(updateUser(room, "bob", { phone: FICTION }), "usage");
  });
});
