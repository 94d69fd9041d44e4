import assert from "node:assert/strict";
import { addApplication } from "../../src/admin/applications.ts";
import { type ExplainQuestion, explain } from "../../src/admin/explain.ts";
import { setClient, setGlobal, setRule, setSource } from "../../src/admin/rules.ts";
import { updateUser } from "../../src/admin/user-changes.ts";
import { addUser } from "../../src/admin/users.ts";
import { addSeconds } from "../../src/domain/time.ts";
import { A_NUMBER } from "../support/builders.ts";
import { openRoom, type Room, refusal } from "./room.ts";

const ACR = { single: "urn:1fa", multi: "urn:2fa" };

describe("explanation of a decision", () => {
  let room: Room;
  let ids: { alice: string; bob: string };
  beforeEach(async () => {
    room = await openRoom();
    await addApplication(room, { id: "app", name: "App", redirectUris: ["https://a.example/"] });
    ids = {
      alice: (await addUser(room, { username: "alice", phone: A_NUMBER })).id,
      bob: (await addUser(room, { username: "bob" })).id,
    };
  });
  afterEach(() => room.storage.close());

  const ask = (given: Partial<ExplainQuestion> = {}) =>
    explain({ ...room, acr: ACR }, { client: "app", user: "alice", source: "password", ...given });
  const answer = async (given: Partial<ExplainQuestion> = {}) => {
    const { need, because } = await ask(given);
    return { need, because };
  };

  for (const global of [true, false]) {
    for (const own of ["on", "off", "inherit"] as const) {
      for (const source of [true, false]) {
        for (const user of ["alice", "bob"]) {
          const sms = own === "inherit" ? global : own === "on";
          const whose = own === "inherit" ? "global-rules" : "application-rules";
          const how = user === "alice" ? "code" : "bind-phone";
          const expected = !sms
            ? { need: "none", because: "sms-off" }
            : !source
              ? { need: "none", because: "source-off" }
              : { need: how, because: whose };
          const given = `global ${global}, application ${own}, source ${source}, ${user}`;
          it(`answers ${expected.need} (${expected.because}): ${given}`, async () => {
            await setGlobal(room, global);
            await setSource(room, "password", source);
            await setClient(room, "app", own);
            assert.deepEqual(await answer({ user }), expected);
          });
        }
      }
    }
  }

  it("knows the user's own page, which has the global rules", async () => {
    const given = { client: "latchkey-account" };
    assert.deepEqual(await answer(given), { need: "none", because: "sms-off" });
    await setGlobal(room, true);
    assert.deepEqual(await answer(given), { need: "code", because: "global-rules" });
  });

  it("follows what the request asks for, whatever the switches say", async () => {
    const given = { acrValues: "urn:unknown urn:2fa" };
    assert.deepEqual(await answer(given), { need: "code", because: "request-demands" });
  });

  it("asks for the password after a code", async () => {
    await setGlobal(room, true);
    assert.deepEqual(await answer({ source: "sms" }), {
      need: "password",
      because: "global-rules",
    });
  });

  it("traces every layer that was asked", async () => {
    await setGlobal(room, true);
    const { layers } = await ask();
    assert.deepEqual(
      layers.map(({ layer }) => layer),
      ["request", "rules", "source", "upstream", "session", "first-factor", "phone"],
    );
  });

  it("says whether a phone may be bound, by the age of the account", async () => {
    await setGlobal(room, true);
    await setRule(room, { rule: "binding", value: "within-days", days: "14" });
    const { createdAt } = (await room.storage.users.find(ids.bob)) ?? assert.fail();
    const bound = async () => (await answer({ user: "bob" })).because;
    room.pass((createdAt - room.now()) / 1000 + 14 * 86_400);
    assert.equal(await bound(), "global-rules");
    room.pass(0.001);
    assert.equal(await bound(), "binding-too-late");
  });

  it("says whether a link comes before a phone is bound", async () => {
    await setGlobal(room, true);
    await setRule(room, { rule: "binding", value: "mailed-link" });
    assert.deepEqual((await ask({ user: "bob" })).layers.at(-1), {
      ...{ layer: "binding", verdict: "refuse", because: "no-verified-email" },
    });
    await addUser(room, { username: "carol", email: "carol@example.com", emailVerified: true });
    const { need, layers } = await ask({ user: "carol" });
    assert.equal(need, "bind-phone");
    assert.deepEqual(layers.at(-1), {
      ...{ layer: "binding", verdict: "mailed-link", because: "verified-email" },
    });
  });

  it("counts what a session of this user has proved", async () => {
    await setGlobal(room, true);
    const proved = { pwd: room.now(), sms: room.now() };
    await room.storage.records.saveSession(
      {
        model: "Session",
        id: "session-id",
        payload: { uid: "s1", accountId: ids.alice, proved },
        expiresAt: addSeconds(room.now(), 3600),
      },
      null,
      room.now(),
    );
    assert.deepEqual(await answer({ session: "s1" }), {
      need: "none",
      because: "factor-still-fresh",
    });
    await refusal(ask({ session: "s1", user: "bob" }), "usage");
    await refusal(ask({ session: "s2" }), "not-found");
    room.pass(1);
    await updateUser(room, "alice", { password: { kind: "generated" } });
    await refusal(ask({ session: "s1" }), "not-found");
  });

  it("says what is not there", async () => {
    await refusal(ask({ client: "nobody" }), "not-found");
    await refusal(ask({ user: "nobody" }), "not-found");
    await refusal(ask({ source: "ldap" }), "not-found");
  });

  it("changes nothing", async () => {
    const { id } = await room.lastEvent();
    await ask();
    assert.equal((await room.lastEvent()).id, id);
  });
});
