// One complete sign-in, checked at every step, and one refresh. The same for both servers: where there
// is no outbox there is no second step.
import { createHash, createHmac } from "node:crypto";
import { closeSync, openSync, readSync } from "node:fs";
import {
  type BenchUser,
  REDIRECT_URI,
  SCOPE,
  type ServerUnderTest,
  type Setup,
} from "./messages.ts";
import { type Answer, type Asked, ask, type Cookies } from "./web-client.ts";

export const STEPS = [
  "GET /auth",
  "GET sign-in page",
  "POST login",
  "GET code page",
  "POST code",
  "GET resume",
  "POST /token",
  "GET /me",
] as const;
export type Step = (typeof STEPS)[number];

// "all": with the pages that a browser fetches. "protocol": without them.
export type Pages = "all" | "protocol";

export interface Target {
  readonly server: ServerUnderTest;
  readonly codes: Codes | null;
}

export interface SignInOptions {
  readonly user: BenchUser;
  readonly pages: Pages;
  // Told how long each step took; awaited, outside of what is timed.
  readonly onStep: (step: Step, milliseconds: number) => Promise<void> | void;
}

export interface Tokens {
  readonly idToken: string;
  readonly accessToken: string;
  readonly refreshToken: string;
}

const VERIFIER = "a-verifier-that-is-always-the-same-as-nobody-listens";
const CHALLENGE = createHash("sha256").update(VERIFIER).digest("base64url");

export function targetOf(server: ServerUnderTest): Target {
  const { outboxFile } = server.setup;
  return { server, codes: outboxFile === null ? null : readCodes(outboxFile) };
}

// Signs in with a browser that nobody knows yet.
export async function signIn(
  { server: { setup }, codes }: Target,
  { user, pages, onStep }: SignInOptions,
): Promise<Tokens> {
  const cookies: Cookies = new Map();
  const step = async (name: Step, status: number, asked: Asked): Promise<Answer> => {
    const begun = performance.now();
    const answer = await ask(asked, cookies);
    const took = performance.now() - begun;
    if (answer.status !== status) throw new Error(`${name}: ${answer.status} ${answer.body}`);
    await onStep(name, took);
    return answer;
  };

  const begun = await step("GET /auth", 303, { url: authorizationUrl(setup) });
  const page = begun.location;
  let csrf = csrfFor(setup, page);
  if (pages === "all") csrf = csrfIn(await step("GET sign-in page", 200, { url: page }));
  let { location } = await step("POST login", 303, {
    url: `${page}/login`,
    form: { csrf, login: user.login, password: user.password },
  });
  if (codes !== null) {
    if (pages === "all") csrf = csrfIn(await step("GET code page", 200, { url: location }));
    const form = { csrf, code: codes.takeFor(user.phone) };
    ({ location } = await step("POST code", 303, { url: `${page}/code`, form }));
  }
  const back = await step("GET resume", 303, { url: location });
  const code = new URL(back.location).searchParams.get("code") ?? "";
  const tokens = tokensIn(
    await step("POST /token", 200, {
      url: `${setup.issuer}/token`,
      form: {
        grant_type: "authorization_code",
        code,
        redirect_uri: REDIRECT_URI,
        code_verifier: VERIFIER,
      },
      authorization: basicOf(setup),
    }),
  );
  const authorization = `Bearer ${tokens.accessToken}`;
  await step("GET /me", 200, { url: `${setup.issuer}/me`, authorization });
  return tokens;
}

// The next tokens; the refresh token rotates.
export async function refresh({ setup }: ServerUnderTest, refreshToken: string): Promise<Tokens> {
  const answer = await ask({
    url: `${setup.issuer}/token`,
    form: { grant_type: "refresh_token", refresh_token: refreshToken },
    authorization: basicOf(setup),
  });
  if (answer.status !== 200) throw new Error(`refresh: ${answer.status} ${answer.body}`);
  return tokensIn(answer);
}

export interface Codes {
  takeFor(phone: string): string;
}

// The codes in an outbox, read on from where the last reading ended.
function readCodes(file: string): Codes {
  const latest = new Map<string, string>();
  let offset = 0;
  let rest = "";
  const readOn = () => {
    const opened = openSync(file, "r");
    const chunk = Buffer.alloc(65_536);
    for (let read = 1; read > 0; offset += read) {
      read = readSync(opened, chunk, 0, chunk.length, offset);
      rest += chunk.toString("utf8", 0, read);
    }
    closeSync(opened);
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const { to, text } = JSON.parse(line);
      latest.set(String(to), /#(\d{6})$/.exec(String(text))?.[1] ?? "");
    }
  };
  return {
    takeFor(phone) {
      readOn();
      const code = latest.get(phone);
      if (code === undefined) throw new Error(`no text to ${phone}`);
      latest.delete(phone);
      return code;
    },
  };
}

export function authorizationUrl(setup: Setup): string {
  const url = new URL("/auth", setup.issuer);
  url.search = new URLSearchParams({
    client_id: setup.clientId,
    response_type: "code",
    redirect_uri: REDIRECT_URI,
    scope: SCOPE,
    state: "a-state",
    nonce: "a-nonce",
    code_challenge: CHALLENGE,
    code_challenge_method: "S256",
  }).toString();
  return url.href;
}

function basicOf({ clientId, clientSecret }: Setup): string {
  const pair = `${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`;
  return `Basic ${Buffer.from(pair).toString("base64")}`;
}

function csrfFor({ csrfKey }: Setup, page: string): string {
  if (csrfKey === null) return "";
  const uid = page.slice(page.lastIndexOf("/") + 1);
  return createHmac("sha256", Buffer.from(csrfKey, "hex")).update(uid).digest("base64url");
}

function csrfIn(answer: Answer): string {
  return /name="csrf" value="([^"]+)"/.exec(answer.body)?.[1] ?? "";
}

function tokensIn(answer: Answer): Tokens {
  const { id_token, access_token, refresh_token } = JSON.parse(answer.body);
  if (!id_token || !access_token || !refresh_token) throw new Error("a token is missing");
  return { idToken: id_token, accessToken: access_token, refreshToken: refresh_token };
}
