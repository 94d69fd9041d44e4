import assert from "node:assert/strict";
import { createHashQueue, type Work } from "../../src/adapters/password/hash-queue.ts";
import { UnavailableError } from "../../src/ports/errors.ts";

const OURS = { kind: "argon2id", units: 38_912 } as const;
const BCRYPT_14 = { kind: "bcrypt", units: 2 ** 14 } as const;

describe("the queue of password hashes", () => {
  it("runs so many at a time, the others in the order in which they came", async () => {
    const { start, started, finish } = aQueue({ concurrency: 2 });
    const all = ["a", "b", "c", "d"].map((name) => start(name));
    assert.deepEqual(started, ["a", "b"]);
    await finish("b");
    assert.deepEqual(started, ["a", "b", "c"]);
    for (const name of ["a", "c", "d"]) await finish(name);
    await Promise.all(all);
    assert.deepEqual(started, ["a", "b", "c", "d"]);
  });

  // One second each: 25 units of 40 ms.
  const SECOND = { ...OURS, units: 25 * OURS.units };
  it("takes who would wait under the limit, and refuses who would wait as long as it", async () => {
    const { inTurn, start } = aQueue({ concurrency: 1, waitSecondsMax: 3 });
    for (let i = 0; i < 3; i++) void start(`${i}`, SECOND);
    await refused(inTurn(OURS, async () => {}));
  });

  it("counts two cores as half the wait", async () => {
    const { inTurn, start } = aQueue({ concurrency: 2, waitSecondsMax: 3 });
    for (let i = 0; i < 6; i++) void start(`${i}`, SECOND);
    await refused(inTurn(OURS, async () => {}));
  });

  it("counts what is dearer for more", async () => {
    const { inTurn, start } = aQueue({ concurrency: 1, waitSecondsMax: 2 });
    for (let i = 0; i < 2; i++) void start(`${i}`, BCRYPT_14);
    await refused(inTurn(OURS, async () => {}));
  });

  it("estimates by what such work has taken lately", async () => {
    for (const [tookMs, taken] of [
      [1, 200],
      [1000, 4],
    ] as const) {
      const { inTurn, start, finish, pass } = aQueue({ concurrency: 1, waitSecondsMax: 3 });
      for (let i = 0; i < 40; i++) {
        const one = start(`measured ${i}`);
        pass(tookMs);
        await finish(`measured ${i}`);
        await one;
      }
      const all: Promise<unknown>[] = [];
      for (let i = 0; i < taken; i++) all.push(start(`${i}`));
      if (tookMs === 1000) await refused(inTurn(OURS, async () => {}));
      for (let i = 0; i < taken; i++) await finish(`${i}`);
      assert.equal((await Promise.all(all)).length, taken);
    }
  });

  it("tells what is dear of one kind from what is cheap", async () => {
    const { inTurn, start, finish, pass } = aQueue({ concurrency: 1, waitSecondsMax: 3 });
    // Ten times what its rounds would take: a thread had to start.
    const cheap = { kind: "bcrypt", units: 2 ** 4 } as const;
    const one = start("cheap", cheap);
    pass(10_000);
    await finish("cheap");
    await one;
    for (let i = 0; i < 3; i++) void start(`${i}`, BCRYPT_14);
    await refused(inTurn(cheap, async () => {}));
  });

  it("takes a free place however long such work has taken, and recovers", async () => {
    const { inTurn, start, finish, pass } = aQueue({ concurrency: 1, waitSecondsMax: 3 });
    const slow = start("slow");
    pass(3_600_000);
    await finish("slow");
    await slow;
    for (let i = 0; i < 60; i++) {
      const one = start(`${i}`);
      if (i === 0) await refused(inTurn(OURS, async () => {}));
      pass(10);
      await finish(`${i}`);
      await one;
    }
    const [first, second] = [start("first"), start("second")];
    await finish("first");
    await finish("second");
    await Promise.all([first, second]);
  });

  it("goes on after work that failed", async () => {
    const { inTurn } = aQueue({ concurrency: 1 });
    const failed = inTurn(OURS, async () => {
      throw new Error("no");
    });
    const next = inTurn(OURS, async () => "next");
    await assert.rejects(failed, /no/);
    assert.equal(await next, "next");
  });

  it("bounds the memory, however short the measured time", async () => {
    const { inTurn, start } = aQueue({ concurrency: 1 });
    const tiny = { kind: "argon2id", units: 1 } as const;
    for (let i = 0; i <= 5000; i++) void start(`${i}`, tiny);
    await refused(inTurn(tiny, async () => {}));
  });
});

// Jobs that end when they are told to, on a clock that goes on when it is told to.
function aQueue(options: { concurrency: number; waitSecondsMax?: number }) {
  let time = 0;
  const started: string[] = [];
  const ends = new Map<string, () => void>();
  const inTurn = createHashQueue({ waitSecondsMax: 10, ...options, clock: () => time });
  return {
    inTurn,
    started,
    start: (name: string, work: Work = OURS) =>
      inTurn(work, () => {
        started.push(name);
        return new Promise<void>((resolve) => ends.set(name, resolve));
      }),
    pass: (ms: number) => {
      time += ms;
    },
    async finish(name: string) {
      ends.get(name)?.();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

async function refused(job: Promise<unknown>): Promise<void> {
  await assert.rejects(job, (error) => {
    assert.ok(error instanceof UnavailableError);
    assert.equal(error.dependency, "password-hasher");
    assert.equal(error.retryAfterSeconds, 2);
    return true;
  });
}
