// User names that pass for another's (LOG-20).
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { startServer, type TestServer } from "../support/server.ts";
import { atOnce } from "./scene.ts";

const CYRILLIC_A = "\u0430";

describe("look-alike user names (LOG-20)", () => {
  let server: TestServer;
  before(async () => {
    server = await startServer();
  });
  after(() => server.close());

  const add = (username: string) => server.latchkey("user", "add", "--username", username);
  const refusalOf = async (command: Promise<unknown>): Promise<string> => {
    try {
      await command;
    } catch (error) {
      return String(Reflect.get(Object(error), "stderr"));
    }
    return "";
  };

  it("are not added beside the one that is there", async () => {
    await add("alice");
    assert.match(await refusalOf(add(`${CYRILLIC_A}lice`)), /one script/);
    for (const name of ["al\u0131ce", "ali\u0307ce", "aIice", "a1ice"]) {
      assert.match(await refusalOf(add(name)), /looks like another user's/, JSON.stringify(name));
    }
    assert.match(await refusalOf(add("a\u034flice")), /letters, digits/);
    await add("coco");
    assert.match(await refusalOf(add("сосо")), /looks like another user's/);
  });

  it("are not given to a user that has another name, who can keep it and change the rest", async () => {
    await add("bert");
    await add("carol");
    const rename = (name: string) => server.latchkey("user", "update", "carol", "--username", name);
    assert.match(await refusalOf(rename("b\u0435rt")), /one script/);
    assert.match(await refusalOf(rename("ЬегЬ")), /^$/);
    await server.latchkey("user", "update", "ЬегЬ", "--name", "Carol", "--username", "carol");
    assert.equal((await server.latchkey("user", "show", "carol")).name, "Carol");
  });

  it("are reported by an import, and the others are added", async () => {
    await add("dora");
    const file = path.join(server.dataDir, "alike.csv");
    writeFileSync(file, ["username", "d\u043era", "erna", "ema", "dara"].join("\n"));
    const result = await server.latchkey("user", "import", file).catch((error) => {
      return JSON.parse(String(Reflect.get(Object(error), "stdout")));
    });
    assert.equal(result.added, 2);
    assert.equal(result.problemCount, 2);
  });

  it("are added once, of ten at once", async () => {
    const names = ["paul", "pauI", "pau1", "p\u0251ul"];
    const refusals = await atOnce(4, (i) => refusalOf(add(names[i] ?? "")));
    assert.equal(refusals.filter((refusal) => refusal === "").length, 1);
  });
});
