// What earlier versions left in a database.
import assert from "node:assert/strict";
import mongoose from "mongoose";
import { sealJson } from "../../src/adapters/stored/sealed-json.ts";
import { aMail, NOON } from "../support/builders.ts";
import { emptyDatabase } from "../support/mongo-addresses.ts";
import { openPatiently } from "../support/mongo-stores.ts";

describe("mongo storage of an earlier version", () => {
  it("holds mails that do not say that they are mails, and hands them out", async () => {
    const uri = emptyDatabase(process.env.TEST_STORE_URI ?? "");
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
