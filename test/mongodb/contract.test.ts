// The ports' contract over the wire, on the server of this run.
import assert from "node:assert/strict";
import { connect } from "../../src/adapters/mongo/database.ts";
import { storageContract } from "../contract/index.ts";
import { emptyDatabase } from "../support/mongo-addresses.ts";
import { openPatiently } from "../support/mongo-stores.ts";
import { type QueryShape, queriesIn, unindexed } from "../support/query-shapes.ts";

const shapes = new Map<string, QueryShape>();

storageContract("mongo storage", () =>
  openPatiently(emptyDatabase(process.env.TEST_STORE_URI ?? ""), (command) => {
    for (const shape of queriesIn(command)) shapes.set(JSON.stringify(shape), shape);
  }),
);

describe("the queries of mongo storage", () => {
  it("find their documents by an index that is declared, and never by reading a whole collection", () => {
    assert.ok(shapes.size > 40, "the contract has to run first");
    assert.deepEqual([...shapes.values()].filter(unindexed), []);
  });

  it("are judged by the declared indexes", () => {
    const query = { collection: "records", operation: "find", sort: [] };
    assert.ok(unindexed({ ...query, fields: ["model"] }));
    assert.ok(unindexed({ ...query, fields: [] }));
    assert.ok(!unindexed({ ...query, fields: ["grantId", "model"] }));
    assert.ok(!unindexed({ ...query, fields: ["_id"] }));
    const audit = { collection: "audit", operation: "find" };
    assert.ok(!unindexed({ ...audit, fields: ["action", "_id"], sort: ["_id"] }));
    assert.ok(unindexed({ ...audit, fields: ["action"], sort: ["at"] }));
  });
});

describe("the connection of mongo storage", () => {
  it("reads from the primary and writes to a majority, whatever the URI says (FLT-15, FLT-17)", async () => {
    const uri = new URL(emptyDatabase(process.env.TEST_STORE_URI ?? ""));
    uri.search = "?readPreference=secondary&readConcernLevel=available&w=1&journal=false";
    const connection = await connect({ uri: uri.href });
    try {
      const { readPreference, readConcern, writeConcern } = connection.getClient().options;
      assert.equal(readPreference.mode, "primary");
      assert.equal(readConcern?.level, "local");
      assert.deepEqual([writeConcern?.w, writeConcern?.journal], ["majority", true]);
    } finally {
      await connection.close();
    }
  });
});
