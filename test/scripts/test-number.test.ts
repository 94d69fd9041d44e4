import assert from "node:assert/strict";
import { tomorrow } from "../support/builders.ts";
import { type Latchkey, openLatchkey } from "./command.ts";

const NUMBER = "+447700900123";
const DAY = tomorrow();
const ADD = ["test-number", "add", NUMBER, "--name", "App review", "--until", DAY];

describe("latchkey test-number", () => {
  let latchkey: Latchkey;
  beforeEach(() => {
    latchkey = openLatchkey();
  });
  afterEach(() => latchkey.close());

  it("adds one with a code that is told once, lists it without, and removes it", async () => {
    const { id, code, ...rest } = await latchkey.json(...ADD);
    assert.match(code, /^\d{6}$/);
    const shown = {
      number: "+44 ••• ••• 23",
      name: "App review",
      until: `${DAY}T23:59:59.999Z`,
      expired: false,
    };
    assert.deepEqual(rest, { ...shown, users: 0 });
    const list = async () => (await latchkey.json("test-number", "list")).items;
    assert.deepEqual(await list(), [{ id, ...shown }]);
    const removed = await latchkey.json("test-number", "remove", NUMBER);
    assert.deepEqual(removed, { id, number: shown.number, name: shown.name });
    assert.deepEqual(await list(), []);
  });

  it("reads a code from standard input, and does not repeat it", async () => {
    const given = { stdin: "135790\n" };
    const ran = await latchkey.run([...ADD, "--code-stdin", "--json"], given);
    assert.equal(ran.code, 0, ran.stderr);
    assert.ok(!("code" in JSON.parse(ran.stdout)));
    await latchkey.json("test-number", "remove", JSON.parse(ran.stdout).id);
    const told = await latchkey.run([...ADD, "--code-stdin"], given);
    assert.doesNotMatch(told.stdout, /135790/);
    const generated = ADD.with(2, "+447700900124");
    assert.match(
      (await latchkey.run(generated)).stdout,
      /shown this once; keep it safe:\n\n {2}\d{6}/,
    );
  });

  it("refuses what is wrong, there already or not there, each with its exit code", async () => {
    await latchkey.json(...ADD);
    const again = await latchkey.refused(4, ADD);
    assert.doesNotMatch(again, /900123/);
    const other = ADD.with(2, "+447700900124");
    await latchkey.refused(2, other.with(2, "07700900124"));
    await latchkey.refused(2, other.with(4, ""));
    await latchkey.refused(2, other.with(6, "2020-01-01"));
    await latchkey.refused(2, other.with(6, "soon"));
    await latchkey.refused(2, other.slice(0, 5));
    await latchkey.refused(2, [...other, "--code-stdin"], "12345\n");
    await latchkey.refused(2, [...other, "--code-stdin"]);
    await latchkey.refused(3, ["test-number", "remove", "+447700900124"]);
    await latchkey.refused(2, ["test-number", "remove", "nothing"]);
    assert.equal((await latchkey.json("test-number", "list")).items.length, 1);
  });

  it("says how many users have the number", async () => {
    await latchkey.json("user", "add", "--username", "alice", "--phone", "+14155552671");
    assert.equal((await latchkey.json(...ADD.with(2, "+1 415 555 2671"))).users, 1);
  });
});
