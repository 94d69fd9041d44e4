// Where an attack takes place: a server, an application that wants two factors and one that wants one,
// users who all have the same password, and the ways to get to a page that is worth attacking.
import { argon2Sync, randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import http from "node:http";
import path from "node:path";
import { ARGON2_COST, formatArgon2 } from "../../src/domain/password-hash.ts";
import { type Browser, createBrowser, locationOf, type Page } from "../support/browser.ts";
import {
  type Begun,
  type RelyingParty,
  registerRelyingParty,
  signIn,
  type Tokens,
} from "../support/relying-party.ts";
import { startServer, type TestServer, type TestServerOptions } from "../support/server.ts";

export const PASSWORD = "long enough for anybody";
export const TWO = "urn:latchkey:acr:2fa";
export const ONE = "urn:latchkey:acr:1fa";

export interface Victim {
  readonly id: string;
  readonly username: string;
  readonly password: string;
  readonly phone: string;
}

export interface Scene {
  readonly server: TestServer;
  // Wants two factors; confidential.
  readonly strict: RelyingParty;
  // Has the global rules, by which one factor will do; public.
  readonly lax: RelyingParty;
  // A user nobody has used yet, with an assigned phone.
  victim(): Victim;
  // The same without a phone; `phone` is a number that nobody has.
  victimWithoutPhone(): Victim;
}

const COUNT = 40;

// Gaps and daily caps are out of the way unless a test brings its own.
export async function openScene(options: TestServerOptions = {}): Promise<Scene> {
  const limits = { sendGapSeconds: 0, sendsPerNumberPerDay: 1000, ...options.limits };
  return sceneOn(await startServer({ ...options, limits }));
}

// The same on a server that is there already.
export async function sceneOn(server: TestServer): Promise<Scene> {
  // One after the other: not every server that stands in for MongoDB counts what two do at once.
  const strict = await registerRelyingParty(server, { id: "strict", sms: "on" });
  const lax = await registerRelyingParty(server, { id: "lax", public: true });
  const users = await importUsers(server);
  return {
    server,
    strict,
    lax,
    victim: () => take(users.withPhone),
    victimWithoutPhone: () => take(users.withoutPhone),
  };
}

async function importUsers(server: TestServer) {
  const file = path.join(server.dataDir, "users.csv");
  const hash = hashOf(PASSWORD);
  const rows = Array.from({ length: COUNT }, (_, i) => [
    `phoned${i},${numberOf(i)},${hash}`,
    `phoneless${i},,${hash}`,
  ]);
  writeFileSync(file, ["username,phone,password_hash", ...rows.flat()].join("\n"));
  await server.latchkey("user", "import", file);
  const { items } = await server.latchkey("user", "list", "--limit", "1000");
  const ids = new Map<string, string>();
  for (const { id, username } of items) ids.set(username, id);
  const victims = (prefix: string, phoneFrom: number) =>
    Array.from({ length: COUNT }, (_, i) => ({
      id: ids.get(`${prefix}${i}`) ?? "",
      username: `${prefix}${i}`,
      password: PASSWORD,
      phone: numberOf(phoneFrom + i),
    }));
  return { withPhone: victims("phoned", 0), withoutPhone: victims("phoneless", COUNT) };
}

function hashOf(password: string): string {
  const salt = randomBytes(16);
  const tag = argon2Sync("argon2id", {
    message: password,
    nonce: salt,
    parallelism: ARGON2_COST.parallelism,
    tagLength: 32,
    memory: ARGON2_COST.memoryKib,
    passes: ARGON2_COST.passes,
  });
  // The quotes keep its commas from being columns.
  return `"${formatArgon2({ cost: ARGON2_COST, salt, tag })}"`;
}

function numberOf(i: number): string {
  return `+1415555${2000 + i}`;
}

function take(victims: Victim[]): Victim {
  const victim = victims.shift();
  if (victim === undefined) throw new Error("no user is left: raise COUNT");
  return victim;
}

export interface Visit {
  readonly browser: Browser;
  readonly begun: Begun;
  readonly page: Page;
}

// A browser at the sign-in page of an application.
export async function atSignIn(
  party: RelyingParty,
  params: Record<string, string> = {},
  browser: Browser = createBrowser(),
): Promise<Visit> {
  const begun = await party.begin(params);
  return { browser, begun, page: await browser.open(begun.url.href) };
}

// A browser after the right password.
export async function afterPassword(
  party: RelyingParty,
  victim: Victim,
  params: Record<string, string> = {},
  browser: Browser = createBrowser(),
): Promise<Visit> {
  const visit = await atSignIn(party, params, browser);
  const fields = { login: victim.username, password: victim.password };
  return { ...visit, page: await browser.submit(visit.page, "login", fields) };
}

// A browser that is on its way back to an application, with everything that was asked for.
export async function signedIn(
  scene: Pick<Scene, "server">,
  party: RelyingParty,
  victim: Victim,
  params: Record<string, string> = {},
  browser: Browser = createBrowser(),
): Promise<Visit> {
  const begun = await party.begin(params);
  return { browser, begun, page: await signIn(scene.server, browser, begun, victim) };
}

// The tokens of a fresh sign-in.
export async function tokensFor(
  scene: Pick<Scene, "server">,
  party: RelyingParty,
  victim: Victim,
  params: Record<string, string> = {},
): Promise<Tokens> {
  const { begun, page } = await signedIn(scene, party, victim, params);
  return party.finish(begun, page);
}

// Whether a page is the one on which a code is typed.
export function asksForCode(page: Page): boolean {
  return page.html.includes('name="code"');
}

// The parameters of the answer that a page leads an application to; empty when it leads nowhere.
export function answerOf(page: Page): URLSearchParams {
  const to = page.headers.get("Location");
  return to === null ? new URLSearchParams() : new URL(locationOf(page)).searchParams;
}

// A code of six digits that is not this one.
export function otherThan(code: string, by = 1): string {
  return String((Number(code) + by) % 1_000_000).padStart(6, "0");
}

export interface JsonAnswer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: the endpoints answer many shapes.
  readonly body: any;
}

// A post to an endpoint of the engine, by a client that may be anybody.
export async function postForm(
  url: string,
  fields: Record<string, string> | URLSearchParams,
  headers: Record<string, string> = {},
): Promise<JsonAnswer> {
  const body = new URLSearchParams(fields);
  const answer = await fetch(url, { method: "POST", body, headers, redirect: "manual" });
  return { status: answer.status, headers: answer.headers, body: parse(await answer.text()) };
}

// A GET of one of its documents.
export async function getJson(
  url: string,
  headers: Record<string, string> = {},
): Promise<JsonAnswer> {
  const answer = await fetch(url, { headers: { Accept: "application/json", ...headers } });
  return { status: answer.status, headers: answer.headers, body: parse(await answer.text()) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

// How a client says who it is.
export function credentialsOf(party: RelyingParty): Record<string, string> {
  const { clientId, clientSecret } = party;
  return clientSecret === undefined
    ? { client_id: clientId }
    : { client_id: clientId, client_secret: clientSecret };
}

// The same for clients that must use Basic.
export function basicOf(party: RelyingParty): Record<string, string> {
  const pair = `${party.clientId}:${party.clientSecret ?? ""}`;
  return { Authorization: `Basic ${Buffer.from(pair).toString("base64")}` };
}

// What an application posts for the code that a page leads back with.
export function exchangeFields(party: RelyingParty, { begun, page }: Visit) {
  return {
    grant_type: "authorization_code",
    code: answerOf(page).get("code") ?? "",
    redirect_uri: party.redirectUri,
    code_verifier: begun.checks.pkceCodeVerifier,
  };
}

// Posts to the token endpoint as a client does.
export function postToken(
  server: TestServer,
  party: RelyingParty,
  fields: Record<string, string>,
): Promise<JsonAnswer> {
  const isPublic = party.clientSecret === undefined;
  return postForm(
    `${server.issuer}/token`,
    isPublic ? { client_id: party.clientId, ...fields } : fields,
    isPublic ? {} : basicOf(party),
  );
}

// Asks about a token as a client does.
export function introspect(server: TestServer, party: RelyingParty, token: string) {
  return postForm(`${server.issuer}/token/introspection`, { token }, basicOf(party));
}

// The lines of the audit log about what a user did.
export async function audited(
  server: TestServer,
  action: string,
  victim: Victim,
): Promise<{ because: string | null; details: Record<string, unknown> }[]> {
  const { items } = await server.latchkey("audit", "list", "--action", action, "--limit", "1000");
  return items.filter(({ actor }: { actor: string }) => actor === `user:${victim.id}`);
}

// Stops the server and starts it again with other limits, on the same store.
export async function changeLimits(
  server: TestServer,
  limits: Record<string, number>,
): Promise<void> {
  await server.kill();
  writeFileSync(server.env.LIMITS_FILE ?? "", JSON.stringify(limits));
  await server.restart();
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

// A request with whatever headers and path one likes; fetch would correct them.
export function rawRequest(
  server: TestServer,
  options: http.RequestOptions,
  body: string | Buffer = "",
): Promise<RawAnswer> {
  const port = Number(server.env.PORT);
  return new Promise((resolve, reject) => {
    const request = http.request(
      { host: "127.0.0.1", port, agent: false, ...options },
      (answer) => {
        let text = "";
        answer.setEncoding("utf8");
        answer.on("data", (chunk) => {
          text += chunk;
        });
        answer.on("end", () =>
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text }),
        );
        answer.on("error", reject);
      },
    );
    request.on("error", reject);
    request.end(body);
  });
}

// So many of the same at once.
export function atOnce<T>(count: number, act: (i: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, (_, i) => act(i)));
}

// How often each value occurs.
export function tally(values: readonly (number | string)[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

export function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
