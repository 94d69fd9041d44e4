import assert from "node:assert/strict";
import { addApplication } from "../../src/admin/applications.ts";
import {
  mfaShow,
  setClient,
  setClientSource,
  setGlobal,
  setRule,
  setSource,
} from "../../src/admin/rules.ts";
import { openRoom, type Room, refusal } from "./room.ts";

const ALL_ON = { password: true, sms: true, scan: true };

describe("security rules", () => {
  let room: Room;
  beforeEach(async () => {
    room = await openRoom();
    await addApplication(room, { id: "app", name: "App", redirectUris: ["https://a.example/"] });
  });
  afterEach(() => room.storage.close());

  const client = async () => (await mfaShow(room, "app")).clients[0];

  it("starts with SMS off and every source on", async () => {
    const { global, clients } = await mfaShow(room);
    assert.deepEqual({ sms: global.sms, sources: global.sources }, { sms: false, sources: ALL_ON });
    assert.deepEqual(
      clients.map(({ client, customized }) => ({ client, customized })),
      [{ client: "app", customized: false }],
    );
  });

  it("has every source on when the global switch goes on for the first time", async () => {
    assert.deepEqual((await setGlobal(room, true)).sources, ALL_ON);
    assert.equal((await client())?.sms, true);
  });

  it("switches a source for those who follow the global rules", async () => {
    await setSource(room, "scan", false);
    assert.deepEqual((await client())?.sources, { ...ALL_ON, scan: false });
  });

  it("copies the global rules when an application customizes, and then leaves them alone", async () => {
    await setSource(room, "scan", false);
    const own = await setClient(room, "app", "on");
    assert.equal(own.customized, true);
    assert.equal(own.sms, true);
    assert.deepEqual(own.sources, { ...ALL_ON, scan: false });
    await setSource(room, "scan", true);
    await setSource(room, "sms", false);
    assert.deepEqual((await client())?.sources, { ...ALL_ON, scan: false });
    assert.equal((await mfaShow(room)).global.sms, false);
  });

  it("keeps an application off while the global switch is on", async () => {
    await setClient(room, "app", "off");
    await setGlobal(room, true);
    assert.equal((await client())?.sms, false);
  });

  it("gives the own rules up", async () => {
    await setClient(room, "app", "on");
    const inherited = await setClient(room, "app", "inherit");
    assert.deepEqual(
      { customized: inherited.customized, sms: inherited.sms },
      { customized: false, sms: false },
    );
  });

  it("customizes by a source switch too", async () => {
    await setGlobal(room, true);
    const own = await setClientSource(room, { clientId: "app", sourceId: "password" }, false);
    assert.equal(own.customized, true);
    assert.equal(own.sms, true);
    assert.deepEqual(own.sources, { ...ALL_ON, password: false });
    assert.deepEqual((await mfaShow(room)).global.sources, ALL_ON);
  });

  it("sets who may bind a phone and how old a factor may be, for all or for one", async () => {
    await setRule(room, { rule: "binding", value: "administrator" });
    await setRule(room, { rule: "factor-age", value: "3600" });
    const { global } = await mfaShow(room);
    assert.deepEqual([global.binding, global.factorAgeSecondsMax], ["administrator", 3600]);
    assert.equal((await client())?.customized, false);

    await setRule(room, { rule: "factor-age", value: "session", clientId: "app" });
    const own = await client();
    assert.deepEqual(
      [own?.customized, own?.binding, own?.factorAgeSecondsMax],
      [true, "administrator", null],
    );
    assert.equal((await mfaShow(room)).global.factorAgeSecondsMax, 3600);
    for (const [rule, value] of [
      ["binding", "nobody"],
      ["factor-age", "-1"],
      ["factor-age", "1.5"],
      ["another", "1"],
    ] as const) {
      await refusal(setRule(room, { rule, value }), "usage");
    }
    for (const days of [undefined, "0", "3651", "1.5", "-1", "x"]) {
      await refusal(setRule(room, { rule: "binding", value: "within-days", days }), "usage");
    }
    await refusal(setRule(room, { rule: "binding", value: "anybody", days: "14" }), "usage");
    await refusal(setRule(room, { rule: "factor-age", value: "1", days: "14" }), "usage");
    const gone = setRule(room, { rule: "binding", value: "anybody", clientId: "gone" });
    await refusal(gone, "not-found");
  });

  it("lets a phone be bound within so many days, and forgets the days with the rule", async () => {
    const days = async () => {
      const { binding, bindingDaysMax } = (await mfaShow(room)).global;
      return [binding, bindingDaysMax];
    };
    await setRule(room, { rule: "binding", value: "within-days", days: "14" });
    assert.deepEqual(await days(), ["within-days", 14]);
    const { before, after } = (await room.lastEvent()).details;
    assert.deepEqual(before, { binding: "anybody", bindingDaysMax: null });
    assert.deepEqual(after, { binding: "within-days", bindingDaysMax: 14 });
    await setRule(room, { rule: "binding", value: "mailed-link" });
    assert.deepEqual(await days(), ["mailed-link", null]);
  });

  it("says what is not there", async () => {
    await refusal(setSource(room, "google", false), "not-found");
    await refusal(setSource(room, "__proto__", false), "not-found");
    await refusal(setClient(room, "nobody", "on"), "not-found");
    await refusal(setClientSource(room, { clientId: "app", sourceId: "ldap" }, true), "not-found");
    await refusal(setClientSource(room, { clientId: "no", sourceId: "sms" }, true), "not-found");
    await refusal(mfaShow(room, "nobody"), "not-found");
  });

  it("logs each change with what was before and after", async () => {
    await setGlobal(room, true);
    const { at: _at, id: _id, ...event } = await room.lastEvent();
    assert.deepEqual(event, {
      actor: "cli:tester",
      action: "mfa-global-changed",
      target: "rules:global",
      because: null,
      details: { before: { sms: false }, after: { sms: true } },
    });
    await setClient(room, "app", "off");
    const { action, target, details } = await room.lastEvent();
    assert.deepEqual({ action, target }, { action: "mfa-client-changed", target: "client:app" });
    assert.equal(details.before, "inherit");
  });

  it("logs nothing when a switch is so already", async () => {
    await setGlobal(room, true);
    const { id } = await room.lastEvent();
    await setGlobal(room, true);
    await setClient(room, "app", "inherit");
    assert.equal((await room.lastEvent()).id, id);
  });

  it("loses none of three switches that are set at once", async () => {
    await Promise.all([
      setGlobal(room, true),
      setSource(room, "scan", false),
      setSource(room, "sms", false),
    ]);
    const { global } = await mfaShow(room);
    assert.equal(global.sms, true);
    assert.deepEqual(global.sources, { password: true, sms: false, scan: false });
  });
});
