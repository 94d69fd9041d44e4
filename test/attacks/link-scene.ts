// Where attacks on binding by a mailed link take place: an application whose rule it is, and users whose address
// is verified. Gaps are out of the way unless a test brings its own.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { Page } from "../support/browser.ts";
import { registerRelyingParty } from "../support/relying-party.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { audited, type Victim } from "./scene.ts";

export interface Account extends Victim {
  readonly email: string;
}

const LIMITS = { sendGapSeconds: 0, mailedLinkGapSeconds: 0, mailedLinksPerInteraction: 3 };
const MAILS_WITHIN_MS = 15_000;

export async function openLinkScene(
  limits: Record<string, number> = {},
  env: Record<string, string> = {},
) {
  const server = await startServer({ limits: { ...LIMITS, ...limits }, env });
  const strict = await registerRelyingParty(server, { id: "strict", sms: "on" });
  await server.latchkey("mfa", "rule", "binding", "mailed-link", "--client", "strict");
  return { server, strict };
}

let accounts = 0;

export async function newAccount(server: TestServer, ...args: string[]): Promise<Account> {
  const i = ++accounts;
  const [username, email] = [`user${i}`, `user${i}@example.com`];
  const add = ["user", "add", "--username", username, "--email", email];
  const verified = args.length > 0 ? args : ["--email-verified"];
  const { id, password } = await server.latchkey(...add, ...verified);
  return { id, username, email, password, phone: `+1415555${2000 + i}` };
}

// The link in the mail that is the latest of so many to an address.
export async function linkTo(server: TestServer, email: string, count = 1): Promise<string> {
  const own = () =>
    server.mails().filter(({ to, purpose }) => to === email && purpose === "binding-link");
  for (let waited = 0; own().length < count && waited < MAILS_WITHIN_MS; waited += 50) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.equal(own().length, count, "mails with a link");
  return (
    /https?:\S+\/link\?token=\S+/.exec(own().at(-1)?.text ?? "")?.[0] ?? assert.fail("no link")
  );
}

// How many mails were queued for an account, delivered or not.
export async function mailed(server: TestServer, account: Account): Promise<number> {
  return (await audited(server, "binding-link-sent", account)).length;
}

export const tokenOf = (link: string) => new URL(link).searchParams.get("token") ?? "";
export const waitsForLink = (page: Page) => page.html.includes("/send-link");
export const asksForPhone = (page: Page) => page.html.includes('name="phone"');

// Everything that is stored, as bytes; empty where the store is not in files.
export function storedBytes(server: TestServer): string {
  return readdirSync(server.dataDir)
    .filter((name) => name.startsWith("latchkey.sqlite"))
    .map((name) => readFileSync(path.join(server.dataDir, name), "latin1"))
    .join();
}
