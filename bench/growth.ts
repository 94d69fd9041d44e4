// npm run bench:growth -- [sqlite | mongo-java-server | mongodb://…]: what a sign-in costs on a large store against
// one that holds nothing, and what sweeping many expired rows costs those who wait meanwhile.
import { availableParallelism, cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { type BenchStore, openStores } from "./bench-stores.ts";
import { observeSweep, type SweepObserved } from "./during-sweep.ts";
import { aim, line, median, percentile, spread, title } from "./figures.ts";
import { type Latencies, measureSignIns } from "./load.ts";
import type { BenchUser } from "./messages.ts";
import { type Target, targetOf } from "./one-sign-in.ts";
import { wholeNumber } from "./options.ts";
import { type Amounts, seededBenchUsers } from "./seed-rows.ts";

const ROWS_MAX = 10_000_000;
const PHONES_MAX = 7_000_000;
// The people who sign in: as many on both stores, and enough that few of them come twice.
const PEOPLE = 500;
const RATIO_MAX = 1.2;
const WAIT_MS_MAX = 100;

const { values: given, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    users: { type: "string", default: "100000" },
    records: { type: "string", default: "1000000" },
    audit: { type: "string", default: "1000000" },
    // Records that a sweep finds; 0 leaves it out.
    expired: { type: "string", default: "1000000" },
    rounds: { type: "string", default: "5" },
    "sign-ins": { type: "string", default: "200" },
  },
});
const users = wholeNumber(given, "users", { max: PHONES_MAX });
const amounts: Amounts = {
  users,
  accounts: users,
  records: wholeNumber(given, "records", { min: 0, max: ROWS_MAX }),
  audit: wholeNumber(given, "audit", { min: 0, max: ROWS_MAX }),
  expired: false,
};
const expired = wholeNumber(given, "expired", { min: 0, max: ROWS_MAX });
const rounds = wholeNumber(given, "rounds", { max: 100 });
const signIns = wholeNumber(given, "sign-ins", { max: 10_000 });

const stores = await openStores(positionals[0] ?? "sqlite");
try {
  console.log(
    `Node ${process.versions.node}, ${availableParallelism()} cores (${cpus()[0]?.model.trim()}), ` +
      `${stores.title}; ${rounds} rounds of ${signIns} sign-ins, one at a time`,
  );
  await orTell("the comparison", compare);
} finally {
  await stores.close();
}

async function compare(): Promise<void> {
  const [empty, grown] = [stores.create("empty"), stores.create("grown")];
  title("Seeding");
  // Empty but for those who sign in.
  const few = { users: 2 * PEOPLE, accounts: 2 * PEOPLE, records: 0, audit: 0, expired: false };
  await seed("the empty store", empty, few);
  await seed("the grown store", grown, amounts);
  const servers = [await empty.startServer(), await grown.startServer()] as const;

  const targets = {
    empty: withUsers(targetOf(servers[0]), few.users),
    grown: withUsers(targetOf(servers[1]), amounts.users),
  };
  await orTell("sign-ins", async () => reportSignIns(await measureRounds(targets)));
  await servers[0].stop();
  if (expired > 0) {
    title("Seeding what a sweep finds");
    await seed("the grown store, expired", grown, {
      ...amounts,
      users: 0,
      records: expired,
      audit: 0,
      expired: true,
    });
    await orTell("the sweep", async () => reportSweep(await observeSweep(servers[1])));
  }
  await servers[1].stop();
}

async function seed(name: string, store: BenchStore, rows: Amounts): Promise<void> {
  const begun = performance.now();
  await store.seed(rows);
  const seconds = ((performance.now() - begun) / 1000).toFixed(0);
  line(name, `${rows.users} users, ${rows.records} records, ${rows.audit} events in ${seconds} s`);
}

// A store that is too slow to serve is a result too, and what comes after it may still be measured.
async function orTell(what: string, measure: () => Promise<void>): Promise<void> {
  try {
    await measure();
  } catch (error) {
    title(`${what}: given up`);
    line("because", String(error).slice(0, 300));
    process.exitCode = 1;
  }
}

function withUsers(target: Target, among: number): Target {
  const users: readonly BenchUser[] = seededBenchUsers(among, PEOPLE);
  return { ...target, server: { ...target.server, setup: { ...target.server.setup, users } } };
}

interface Round {
  readonly wallMs: number;
  readonly slowestMs: number;
  readonly cpuMs: number;
  readonly operations: number;
}

type Which = "empty" | "grown";

// The stores take turns, and take turns at being first, so that what else this machine does meets both.
async function measureRounds(
  targets: Record<Which, Target>,
): Promise<readonly Record<Which, Round>[]> {
  await measureRound(targets.empty);
  await measureRound(targets.grown);
  const measured: Record<Which, Round>[] = [];
  for (let i = 0; i < rounds; i++) {
    if (i % 2 === 0) {
      const empty = await measureRound(targets.empty);
      measured.push({ empty, grown: await measureRound(targets.grown) });
    } else {
      const grown = await measureRound(targets.grown);
      measured.push({ empty: await measureRound(targets.empty), grown });
    }
  }
  return measured;
}

async function measureRound(target: Target): Promise<Round> {
  const latencies: Latencies = new Map();
  const one = { count: signIns, parallel: 1, pages: "all" } as const;
  const { cpuMs, operations } = await measureSignIns(target, one, latencies);
  // One at a time: the nth of every step belongs to the nth sign-in.
  const steps = [...latencies.values()];
  const totals = Array.from({ length: signIns }, (_, n) =>
    steps.reduce((sum, each) => sum + (each[n] ?? Number.NaN), 0),
  );
  return { wallMs: median(totals), slowestMs: percentile(totals, 0.99), cpuMs, operations };
}

function reportSignIns(measured: readonly Record<Which, Round>[]): void {
  const of = (which: Which, what: keyof Round) => measured.map((round) => round[which][what]);
  const ratio = (what: keyof Round) =>
    measured.map((round) => round.grown[what] / round.empty[what]);

  title(`Sign-ins without the password hash, load ${load()}: median of the rounds (least to most)`);
  for (const which of ["empty", "grown"] as const) {
    line(`${which} store, ms (median of a round)`, spread(of(which, "wallMs"), 2));
    line(`${which} store, ms (p99 of a round)`, spread(of(which, "slowestMs"), 2));
    line(`${which} store, CPU of the server, ms`, spread(of(which, "cpuMs"), 2));
    line(`${which} store, storage operations`, spread(of(which, "operations"), 1));
  }
  const [wall, cpu] = [ratio("wallMs"), ratio("cpuMs")];
  aim("grown to empty, time", spread(wall, 2), { is: median(wall), max: RATIO_MAX });
  aim("grown to empty, CPU", spread(cpu, 2), { is: median(cpu), max: RATIO_MAX });
}

function reportSweep({ before, during, swept }: SweepObserved): void {
  title(`Sweep, load ${load()}`);
  const seconds = swept.seconds.toFixed(1);
  line("swept", `${swept.rows} rows in ${seconds} s, ${(swept.rows / swept.seconds).toFixed(0)}/s`);
  line("slowest batch, ms", swept.slowestBatchMs.toFixed(1));
  if (swept.failure !== null) line("given up because", swept.failure.slice(0, 300));
  line("event loop stood still before, ms", before.longestBlockMs.toFixed(1));
  line("event loop stood still during, ms", during.longestBlockMs.toFixed(1));
  line("GET /auth before, ms", waitsOf(before.waits.authorization));
  line("GET /auth during, ms", waitsOf(during.waits.authorization));
  line("GET sign-in page before, ms", waitsOf(before.waits.page));
  line("GET sign-in page during, ms", waitsOf(during.waits.page));
  const longest = percentile([...during.waits.authorization, ...during.waits.page], 1);
  aim("longest wait during, ms", longest.toFixed(1), { is: longest, max: WAIT_MS_MAX });
}

function waitsOf(waits: readonly number[]): string {
  const [p50, p99, longest] = [0.5, 0.99, 1].map((share) => percentile(waits, share).toFixed(1));
  return `p50 ${p50}, p99 ${p99}, longest ${longest} (${waits.length} requests)`;
}

function load(): string {
  return loadavg()
    .map((each) => each.toFixed(1))
    .join(" ");
}
