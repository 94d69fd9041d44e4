// What earlier versions left in a database.
import assert from "node:assert/strict";
import mongoose from "mongoose";
import { sealJson } from "../../src/adapters/stored/sealed-json.ts";
import { aMail, NOON } from "../support/builders.ts";
import { emptyDatabase } from "../support/mongo-addresses.ts";
import { openPatiently } from "../support/mongo-stores.ts";

describe("mongo storage of another version", () => {
  const uriOf = () => emptyDatabase(process.env.TEST_STORE_URI ?? "");

  async function withSchema<Result>(
    uri: string,
    work: (meta: mongoose.mongo.Collection<{ _id: string; count: number }>) => Promise<Result>,
  ): Promise<Result> {
    const raw = await mongoose.createConnection(uri).asPromise();
    try {
      return await work(raw.collection("meta"));
    } finally {
      await raw.close();
    }
  }
  const schemaIn = (uri: string) =>
    withSchema(uri, async (meta) => (await meta.findOne({ _id: "schema" }))?.count);

  it("raises the number of an earlier one, so that its processes start no more", async () => {
    const uri = uriOf();
    await withSchema(uri, (meta) => meta.insertOne({ _id: "schema", count: 1 }));
    await (await openPatiently(uri)).close();
    const known = await schemaIn(uri);
    assert.ok(known !== undefined && known > 1);
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
});
