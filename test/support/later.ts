// What the nodes of a server would do at a later time, done now and on its own store.
import { readConfig } from "../../src/config.ts";
import type { Mail } from "../../src/domain/mail.ts";
import type { Storage } from "../../src/ports/storage.ts";
import { openStorage } from "../../src/store-access.ts";
import { sweepAll } from "../../src/sweep.ts";
import type { TestServer } from "./server.ts";

export interface Later {
  // As so many nodes at once would sweep it.
  sweep(nodes?: number): Promise<void>;
  // The mails that wait to go out by then, of one kind; those that are not asked for go on waiting.
  mails(kind: Mail["notice"]["kind"]): Promise<Mail[]>;
}

// The server goes on meanwhile, and by its own clock those mails are not due yet.
export async function later(
  server: TestServer,
  seconds: number,
  act: (then: Later) => Promise<void>,
): Promise<void> {
  const config = readConfig(server.env);
  const now = Date.now() + seconds * 1000;
  const sweeping = { limits: config.limits, acr: config.acr, now: () => now };
  const storage = await openStorage(config);
  try {
    await act({
      async sweep(nodes = 1) {
        const all = Array.from({ length: nodes }, () =>
          sweepAll({ ...sweeping, storage }, { isOver: () => false }),
        );
        await Promise.all(all);
      },
      mails: (kind) => claimAll(storage, now, kind),
    });
  } finally {
    await storage.close();
  }
}

async function claimAll(storage: Storage, now: number, kind: string): Promise<Mail[]> {
  const found: Mail[] = [];
  const others = [];
  for (;;) {
    const claimed = await storage.mails.claim(now, 60);
    if (claimed === null) break;
    if (claimed.mail.notice.kind === kind) found.push(claimed.mail);
    else others.push(claimed);
  }
  for (const each of others) await storage.mails.markFailed(each, Date.now());
  return found;
}
