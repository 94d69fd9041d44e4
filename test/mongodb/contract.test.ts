// The ports' contract over the wire, on the server of this run. Races mean something where a single operation
// is atomic, as it is on mongo-java-server and on MongoDB.
import { storageContract } from "../contract/index.ts";
import { emptyDatabase } from "../support/mongo-addresses.ts";
import { openPatiently } from "../support/mongo-stores.ts";

storageContract(
  "mongo storage",
  () => openPatiently(emptyDatabase(process.env.TEST_STORE_URI ?? "")),
  process.env.TEST_RACERS === "in turn" ? "in turn" : "at once",
);
