// npm run bench: complete sign-ins against a real server in a process of its own, and against the bare
// engine. docs/performance.md says what is measured and what came out.
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { aim, line, median, megabytes, percentile, spread, title } from "./figures.ts";
import { type Cost, type Latencies, measureRefreshes, measureSignIns } from "./load.ts";
import { startUnderTest } from "./messages.ts";
import { STEPS, type Step, signIn, type Target, targetOf } from "./one-sign-in.ts";
import { wholeNumber } from "./options.ts";
import { startOurs } from "./our-server.ts";
import { freePort, measureStarts } from "./start-time.ts";

const STARTS = 5;
const PAGE_STEPS: readonly Step[] = ["GET sign-in page", "GET code page"];

const { values: given } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    "sign-ins": { type: "string", default: "300" },
    parallel: { type: "string", default: "8" },
    // Leaves the starts out.
    "no-starts": { type: "boolean", default: false },
  },
});
const rounds = wholeNumber(given, "rounds", { max: 100 });
const load = {
  count: wholeNumber(given, "sign-ins", { max: 100_000 }),
  parallel: wholeNumber(given, "parallel", { max: 50 }),
};

const dirs: string[] = [];
try {
  console.log(
    `Node ${process.versions.node}, ${availableParallelism()} cores (${cpus()[0]?.model.trim()}); ` +
      `${rounds} rounds of ${load.count} sign-ins, ${load.parallel} at a time`,
  );
  if (!given["no-starts"]) await reportStarts();
  await reportLoad();
} finally {
  for (const dir of dirs) rmSync(dir, { recursive: true, force: true });
}

async function reportStarts(): Promise<void> {
  const starts = await measureStarts(STARTS);
  const seconds = starts.existingMs.map((ms) => ms / 1000);
  title(`Start: until /readyz answers 200, ${STARTS} times`);
  const typical = median(seconds);
  aim("existing store, seconds", spread(seconds, 2), { is: typical, max: 0.7 });
  line("empty store, seconds", (starts.emptyMs / 1000).toFixed(2));
  const rss = starts.idleRssBytes;
  aim("memory when idle", megabytes(rss), { is: Math.round(rss / 1_000_000), max: 130 });
}

async function reportLoad(): Promise<void> {
  const hashed = targetOf(await startOnNewStore({}));
  const plain = targetOf(await startOnNewStore({ BENCH_HASHER: "plain" }));
  const bare = targetOf(await startUnderTest("bare-engine.ts", { PORT: String(await freePort()) }));
  for (const target of [hashed, plain, bare]) {
    await measureSignIns(target, { ...load, pages: "all" });
    await measureRefreshes(target, load);
  }
  await reportOperations(plain);

  // The servers take turns, so that what else this machine does meets all of them.
  const latencies: Latencies = new Map();
  const costs: Record<(typeof KINDS)[number], Cost>[] = [];
  for (let round = 0; round < rounds; round++) {
    costs.push({
      hashed: await measureSignIns(hashed, { ...load, pages: "all" }, latencies),
      plain: await measureSignIns(plain, { ...load, pages: "all" }),
      bare: await measureSignIns(bare, { ...load, pages: "all" }),
      plainProtocol: await measureSignIns(plain, { ...load, pages: "protocol" }),
      bareProtocol: await measureSignIns(bare, { ...load, pages: "protocol" }),
      refresh: await measureRefreshes(plain, load),
      bareRefresh: await measureRefreshes(bare, load),
    });
  }
  report(costs);
  reportLatencies(latencies);
  await Promise.all([hashed, plain, bare].map(({ server }) => server.stop()));
}

const KINDS = [
  "hashed",
  "plain",
  "bare",
  "plainProtocol",
  "bareProtocol",
  "refresh",
  "bareRefresh",
] as const;

function report(costs: readonly Record<(typeof KINDS)[number], Cost>[]): void {
  const of = (kind: (typeof KINDS)[number], what: keyof Cost) =>
    costs.map((round) => round[kind][what]);
  const ratio = (ours: (typeof KINDS)[number], theirs: (typeof KINDS)[number]) =>
    costs.map((round) => round[ours].cpuMs / round[theirs].cpuMs);

  title("Complete sign-ins with all pages: median of the rounds (least to most)");
  line("a second", spread(of("hashed", "perSecond"), 1));
  line("a second, without the password hash", spread(of("plain", "perSecond"), 1));
  line("CPU each, ms", spread(of("hashed", "cpuMs"), 2));
  line("CPU each without the password hash, ms", spread(of("plain", "cpuMs"), 2));
  line("memory under load", megabytes(Math.max(...of("hashed", "rssBytes"))));

  title("Against the bare engine: CPU without the password hash");
  const signIns = ratio("plain", "bare");
  line("bare engine, sign-in with its page, ms", spread(of("bare", "cpuMs"), 2));
  aim("ratio of sign-ins with all pages", spread(signIns, 2), { is: median(signIns), max: 1.5 });
  line("ours, protocol requests only, ms", spread(of("plainProtocol", "cpuMs"), 2));
  line("bare engine, protocol requests only, ms", spread(of("bareProtocol", "cpuMs"), 2));
  const protocol = ratio("plainProtocol", "bareProtocol");
  aim("ratio of protocol requests", spread(protocol, 2), { is: median(protocol), max: 1.5 });

  title("Refreshes");
  const refreshes = ratio("refresh", "bareRefresh");
  line("CPU each, ms", spread(of("refresh", "cpuMs"), 2));
  line("bare engine, ms", spread(of("bareRefresh", "cpuMs"), 2));
  aim("ratio", spread(refreshes, 2), { is: median(refreshes), max: 1.2 });
  line("a second", spread(of("refresh", "perSecond"), 1));
  line("storage operations each", median(of("refresh", "operations")).toFixed(1));
}

function reportLatencies(latencies: Latencies): void {
  title("Each step with the password hash, ms: p50, p95, p99");
  for (const step of STEPS) {
    const took = latencies.get(step) ?? [];
    const shares = [0.5, 0.95, 0.99].map((share) => percentile(took, share).toFixed(1).padStart(8));
    line(step, shares.join(""));
  }
}

// One sign-in alone, and what the store has counted after each of its steps.
async function reportOperations(target: Target): Promise<void> {
  const [user] = target.server.setup.users;
  if (user === undefined) throw new Error("there are no users");
  const counted = new Map<Step, number>();
  let before = await operationsOf(target);
  const { idToken } = await signIn(target, {
    user,
    pages: "all",
    async onStep(step) {
      const now = await operationsOf(target);
      counted.set(step, now - before);
      before = now;
    },
  });
  const claims = JSON.parse(Buffer.from(idToken.split(".")[1] ?? "", "base64url").toString());
  if (!claims.amr.includes("mfa")) throw new Error("the sign-in had no second step");

  title("Storage operations of one sign-in (reads and writes of the store)");
  for (const step of STEPS) line(step, String(counted.get(step) ?? 0));
  const all = [...counted.values()].reduce((sum, each) => sum + each, 0);
  const pages = PAGE_STEPS.reduce((sum, step) => sum + (counted.get(step) ?? 0), 0);
  aim("with all pages", String(all), { is: all, max: 23 });
  aim("the six protocol requests", String(all - pages), { is: all - pages, max: 23 });
}

async function operationsOf({ server }: Target): Promise<number> {
  const { reads, writes } = await server.usage();
  return reads + writes;
}

async function startOnNewStore(env: Record<string, string>) {
  const dataDir = mkdtempSync(path.join(tmpdir(), "latchkey-bench-"));
  dirs.push(dataDir);
  return startOurs(dataDir, env);
}
