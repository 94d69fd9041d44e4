// What earlier versions left in a database.
import assert from "node:assert/strict";
import mongoose from "mongoose";
import { sealJson } from "../../src/adapters/stored/sealed-json.ts";
import {
  A_NUMBER,
  aChallenge,
  aMail,
  anAuditEvent,
  anInteractionState,
  aUser,
  NOON,
} from "../support/builders.ts";
import { emptyDatabase } from "../support/mongo-addresses.ts";
import { openPatiently } from "../support/mongo-stores.ts";

describe("mongo storage of another version", () => {
  const uriOf = () => emptyDatabase(process.env.TEST_STORE_URI ?? "");

  async function withRaw<Result>(
    uri: string,
    work: (raw: mongoose.Connection) => Promise<Result>,
  ): Promise<Result> {
    const raw = await mongoose.createConnection(uri).asPromise();
    try {
      return await work(raw);
    } finally {
      await raw.close();
    }
  }
  const withSchema = <Result>(
    uri: string,
    work: (meta: mongoose.mongo.Collection<{ _id: string; count: number }>) => Promise<Result>,
  ) => withRaw(uri, (raw) => work(raw.collection("meta")));
  const schemaIn = (uri: string) =>
    withSchema(uri, async (meta) => (await meta.findOne({ _id: "schema" }))?.count);

  it("raises the number of an earlier one, so that its processes start no more", async () => {
    const uri = uriOf();
    await withSchema(uri, (meta) => meta.insertOne({ _id: "schema", count: 1 }));
    await (await openPatiently(uri)).close();
    const known = await schemaIn(uri);
    assert.ok(known !== undefined && known > 1);
  });

  it("gets no new data key in place of one that is lost (FLT-51)", async () => {
    const uri = uriOf();
    const storage = await openPatiently(uri);
    await storage.users.create(aUser(), anAuditEvent());
    await storage.close();
    await withRaw(uri, (raw) =>
      raw.collection<{ _id: string }>("meta").deleteOne({ _id: "data-key" }),
    );
    await assert.rejects(openPatiently(uri), /lost its data key/);
  });

  it("refuses a later one, and leaves its number alone", async () => {
    const uri = uriOf();
    await withSchema(uri, (meta) => meta.insertOne({ _id: "schema", count: 99 }));
    await assert.rejects(openPatiently(uri), /written by a newer Latchkey \(schema 99/);
    assert.equal(await schemaIn(uri), 99);
  });

  it("holds mails that do not say that they are mails, and hands them out", async () => {
    const uri = uriOf();
    const storage = await openPatiently(uri);
    const raw = await mongoose.createConnection(uri).asPromise();
    const { channel, ...mail } = aMail();
    const row: Record<string, unknown> = {
      _id: mail.id,
      sealed: sealJson(storage.vault, mail, `mail:${mail.id}`),
      ...{ attempts: 0, notBefore: new Date(NOON), lease: null },
      expiresAt: new Date(NOON + 60_000),
    };
    await raw.collection("mails").insertOne(row as never);
    assert.equal(await storage.mails.claimText(NOON, 60), null);
    assert.deepEqual((await storage.mails.claim(NOON, 60))?.mail, { ...mail, channel });
    await raw.close();
    await storage.close();
  });

  it("is left no member of a user that it does not know, or its nodes could change none", async () => {
    const uri = uriOf();
    const storage = await openPatiently(uri);
    const phone = { number: A_NUMBER, status: "bound", since: NOON } as const;
    await storage.users.create(aUser({ phone }), anAuditEvent());
    const members = () => withRaw(uri, (db) => db.collection("users").findOne());
    assert.ok(!("replacing" in ((await members()) ?? {})), "when it is made");

    const challenge = aChallenge({ phone: "+14155552672" });
    await storage.interactions.save("i1", {}, NOON + 900_000);
    const move = { uid: "i1", now: NOON, resetAttempts: true };
    const to = anInteractionState({ challenge, binding: true });
    await storage.interactions.move({ ...move, from: { version: 0 }, to, effects: {} });
    const codeProved = {
      ...{ userId: "u1", number: challenge.phone, bind: true, usersPerBoundPhone: 2 },
      replaces: { number: A_NUMBER, at: NOON + 1 },
    };
    const changed = await storage.interactions.move({
      ...{ ...move, from: { challengeId: challenge.id }, effects: { codeProved } },
      to: anInteractionState({ step: "done", challenge: null }),
    });
    assert.equal(changed.outcome, "moved");
    assert.ok(!("replacing" in ((await members()) ?? {})), "when its phone was replaced");
    await storage.close();
  });
});
