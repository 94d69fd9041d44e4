// Many sign-ins or refreshes at a time, and what they cost the server.
import { type Pages, refresh, type Step, signIn, type Target } from "./one-sign-in.ts";

export interface Load {
  readonly count: number;
  readonly parallel: number;
}

export interface Cost {
  readonly perSecond: number;
  readonly cpuMs: number;
  readonly operations: number;
  readonly rssBytes: number;
}

export type Latencies = Map<Step, number[]>;

// So many sign-ins, so many at a time, no two of one user at once.
export function measureSignIns(
  target: Target,
  load: Load & { readonly pages: Pages },
  latencies: Latencies = new Map(),
): Promise<Cost> {
  const idle = [...target.server.setup.users];
  const onStep = (step: Step, took: number) => {
    const all = latencies.get(step);
    if (all === undefined) latencies.set(step, [took]);
    else all.push(took);
  };
  return measure(target, load, async () => {
    const user = idle.shift();
    if (user === undefined) throw new Error("more sign-ins at a time than users");
    await signIn(target, { user, pages: load.pages, onStep });
    idle.push(user);
  });
}

// So many refreshes over a few chains of tokens, each of which is refreshed one after another.
export async function measureRefreshes(target: Target, load: Load): Promise<Cost> {
  const users = target.server.setup.users.slice(0, load.parallel);
  const options = { pages: "protocol", onStep: () => {} } as const;
  const chains: string[] = [];
  for (const user of users) {
    chains.push((await signIn(target, { user, ...options })).refreshToken);
  }
  return measure(target, load, async () => {
    const token = chains.shift();
    if (token === undefined) throw new Error("more refreshes at a time than chains");
    chains.push((await refresh(target.server, token)).refreshToken);
  });
}

async function measure({ server }: Target, load: Load, job: () => Promise<void>): Promise<Cost> {
  let left = load.count;
  const work = async () => {
    while (left-- > 0) await job();
  };
  const before = await server.usage();
  const begun = performance.now();
  await Promise.all(Array.from({ length: load.parallel }, work));
  const seconds = (performance.now() - begun) / 1000;
  const after = await server.usage();
  return {
    perSecond: load.count / seconds,
    cpuMs: (after.cpuMicros - before.cpuMicros) / 1000 / load.count,
    operations: (after.reads + after.writes - before.reads - before.writes) / load.count,
    rssBytes: after.rssBytes,
  };
}
