// Several servers on one MongoDB, as several machines would be, behind a balancer that keeps nobody at one of
// them: every request goes to the next.
import { randomBytes } from "node:crypto";
import { emptyDatabase } from "./mongo-addresses.ts";
import { type RoundRobin, startRoundRobin } from "./round-robin.ts";
import { freePort, startServer, type TestServer, type TestServerOptions } from "./server.ts";

export interface Nodes {
  // The first one; its issuer is the balancer's address.
  readonly front: TestServer;
  readonly all: readonly TestServer[];
  readonly balancer: RoundRobin;
  close(): Promise<void>;
}

// `database`: the store that they share; else an empty one on the server of this run.
export async function startNodes(
  options: TestServerOptions & { readonly database?: string },
): Promise<Nodes> {
  const { database = emptyDatabase(process.env.TEST_STORE_URI ?? ""), ...rest } = options;
  const issuerPort = await freePort();
  const env = {
    ...options.env,
    MONGODB_URI: database,
    SECRET: randomBytes(48).toString("base64url"),
  };
  const front = await startServer({ ...rest, issuerPort, env });
  // One outbox, as there is one SMS provider.
  const second = await startServer({
    ...rest,
    issuerPort,
    env: { ...env, DATA_DIR: front.dataDir },
  });
  const all = [front, second];
  const balancer = await startRoundRobin({
    port: issuerPort,
    upstreams: all.map((node) => Number(node.env.PORT)),
    retry: true,
  });
  return {
    front,
    all,
    balancer,
    async close() {
      await balancer.close();
      for (const node of all) await node.close();
    },
  };
}
