// Lets time pass for one interaction: what its user proved, in it or in the session that it steps up, was proved so
// many seconds earlier.
import { readConfig } from "../../src/config.ts";
import { type Proved, readProved } from "../../src/domain/factors.ts";
import type { Storage } from "../../src/ports/storage.ts";
import { openStorage } from "../../src/store-access.ts";
import type { Page } from "./browser.ts";
import { anAuditEvent } from "./builders.ts";
import type { TestServer } from "./server.ts";

export async function makeProofsOlder(
  server: TestServer,
  page: Page,
  seconds: number,
): Promise<void> {
  const uid = /\/interaction\/([^/?]+)/.exec(page.url)?.[1] ?? "";
  const storage = await openStorage(readConfig(server.env));
  const now = Date.now();
  try {
    const found = await storage.interactions.find(uid, now);
    if (found === null) throw new Error(`no interaction ${uid}`);
    const record: OlderRecord = JSON.parse(JSON.stringify(found.record));
    const session = record.prompt.details.session;
    if (session) {
      session.proved = older(readProved(session.proved), seconds);
      session.authTime -= seconds;
    }
    await makeUserOlder(storage, found.state?.userId ?? session?.userId, seconds);
    await storage.interactions.save(uid, { ...record }, found.expiresAt);
    if (found.state === null) return;
    const saved = await storage.interactions.find(uid, now);
    await storage.interactions.move({
      uid,
      now,
      from: { version: saved?.version ?? found.version },
      to: { ...found.state, proved: older(found.state.proved, seconds) },
      resetAttempts: false,
      effects: {},
    });
  } finally {
    await storage.close();
  }
}

// Or the proofs would be from before the user had the password.
async function makeUserOlder(
  { users }: Storage,
  id: string | null | undefined,
  seconds: number,
): Promise<void> {
  const user = id ? await users.find(id) : null;
  if (user === null) return;
  const credentialsChangedAt = user.credentialsChangedAt - seconds * 1000;
  const after = { ...user, credentialsChangedAt, updatedAt: user.updatedAt + 1 };
  await users.replace(user, after, anAuditEvent({ action: "made-older" }));
}

interface Session {
  readonly userId: string;
  proved: unknown;
  authTime: number;
}

interface OlderRecord {
  readonly prompt: {
    readonly details: { readonly session?: Session | null };
  };
}

function older({ pwd, sms, otp }: Proved, seconds: number): Proved {
  const earlier = (at: number | null) => (at === null ? null : at - seconds * 1000);
  return { pwd: earlier(pwd), sms: earlier(sms), ...(otp && { otp: earlier(otp) }) };
}
