import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { claimsOfProfile, claimsSchema, withClaims } from "../../src/admin/profile-claims.ts";
import { updateUser } from "../../src/admin/user-changes.ts";
import { importUsers } from "../../src/admin/user-import.ts";
import { addUser, readUser, showUser } from "../../src/admin/users.ts";
import { openRoom, type Room, refusal } from "./room.ts";

const CASES: [claim: string, taken: string[], refused: string[]][] = [
  ["given_name", ["Ada", "José María"], ["", "two\nlines", "x".repeat(201)]],
  ["website", ["https://a.example/x", "http://a.example"], ["a.example", "javascript:alert(1)"]],
  [
    "picture",
    ["https://a.example/p.png"],
    ["data:image/png;base64,AA", `https://a/${"x".repeat(2048)}`],
  ],
  [
    "birthdate",
    ["1815-12-10", "1815", "0000-02-29"],
    ["10.12.1815", "1815-02-29", "0000", "1815-1-1"],
  ],
  ["zoneinfo", ["Europe/Berlin", "UTC"], ["Berlin", ""]],
  ["locale", ["de", "de-CH"], ["German!", ""]],
  ["address.postal_code", ["10115"], [""]],
  ["address.formatted", ["1 Main St\nTown"], ["", "x".repeat(1001)]],
  ["name", [], ["Ada"]],
  ["email", [], ["ada@example.com"]],
  ["__proto__x", [], ["y"]],
];

describe("claims of a profile", () => {
  for (const [claim, taken, refused] of CASES) {
    it(`are held to their form: ${claim}`, () => {
      for (const value of taken) {
        assert.ok(claimsSchema.safeParse({ [claim]: value }).success, value);
      }
      for (const value of refused) {
        assert.ok(!claimsSchema.safeParse({ [claim]: value }).success, value);
      }
    });
  }

  it("lie in the profile by their names, the address in one", () => {
    const claims = { given_name: "Ada", "address.country": "UK", "address.locality": "London" };
    const profile = withClaims({ name: "Ada L." }, claims);
    assert.deepEqual(profile, {
      name: "Ada L.",
      given_name: "Ada",
      address: { country: "UK", locality: "London" },
    });
    assert.deepEqual(claimsOfProfile(profile), claims);
    const less = withClaims(profile, { "address.country": null, "address.locality": null });
    assert.deepEqual(less, { name: "Ada L.", given_name: "Ada" });
  });
});

describe("claims of a user", () => {
  let room: Room;
  beforeEach(async () => {
    room = await openRoom();
  });
  afterEach(() => room.storage.close());

  it("are set, changed and taken away, and shown", async () => {
    await addUser(room, { username: "ada", name: "Ada L.", claims: { nickname: "a" } });
    await updateUser(room, "ada", { claims: { nickname: null, locale: "en-GB" } });
    const shown = await showUser(room, "ada");
    assert.deepEqual([shown.name, shown.claims], ["Ada L.", { locale: "en-GB" }]);
    await refusal(updateUser(room, "ada", { claims: { birthdate: "soon" } }), "usage");
  });

  it("come with an import", async () => {
    const csv = "username,given_name,address.locality\nada,Ada,London\nbob,,\n";
    const result = await importUsers(room, Readable.from([csv]), { dryRun: false });
    assert.deepEqual([result.added, result.problems], [2, []]);
    const { profile } = await readUser(room, "ada");
    assert.deepEqual(profile, { given_name: "Ada", address: { locality: "London" } });
    assert.deepEqual((await readUser(room, "bob")).profile, {});
  });
});
