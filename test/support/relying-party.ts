// A relying party made with openid-client, public or confidential, that never has to be reached itself:
// the address that the provider sends the browser back to is read off the redirect.
import * as oidc from "openid-client";
import type { Browser, Page } from "./browser.ts";
import { locationOf } from "./browser.ts";
import type { TestServer } from "./server.ts";

export interface Begun {
  readonly url: URL;
  readonly checks: {
    readonly pkceCodeVerifier: string;
    readonly expectedState: string;
    readonly expectedNonce: string;
  };
}

export interface RelyingParty {
  readonly clientId: string;
  readonly clientSecret: string | undefined;
  readonly redirectUri: string;
  readonly config: oidc.Configuration;
  // A new authorization request.
  begin(params?: Record<string, string>): Promise<Begun>;
  // Tokens for the answer that a page redirects to, with every check of openid-client.
  finish(begun: Begun, page: Page): Promise<Tokens>;
  // The error of an answer.
  errorOf(page: Page): string | null;
}

export type Tokens = oidc.TokenEndpointResponse & oidc.TokenEndpointResponseHelpers;

export interface RelyingPartyOptions {
  readonly id: string;
  readonly public?: boolean;
  readonly sms?: "on" | "off" | "inherit";
  readonly args?: readonly string[];
  readonly redirectUri?: string;
}

export const SCOPE = "openid profile email phone offline_access";

// Registers an application by the command line, and discovers the provider.
export async function registerRelyingParty(
  server: TestServer,
  options: RelyingPartyOptions,
): Promise<RelyingParty> {
  const redirectUri = options.redirectUri ?? `https://${options.id}.example/cb`;
  const client = await server.latchkey(
    ...["client", "add", "--id", options.id, "--name", `The ${options.id} app`],
    ...["--redirect-uri", redirectUri, ...(options.public ? ["--public"] : [])],
    ...(options.args ?? []),
  );
  if (options.sms !== undefined) await server.latchkey("mfa", "client", options.id, options.sms);
  const secret: string | undefined = client.client_secret;
  const config = await oidc.discovery(
    new URL(server.issuer),
    options.id,
    undefined,
    secret === undefined ? oidc.None() : oidc.ClientSecretBasic(secret),
    { execute: [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks] },
  );
  return {
    clientId: options.id,
    clientSecret: secret,
    redirectUri,
    config,
    async begin(params = {}) {
      const verifier = oidc.randomPKCECodeVerifier();
      const checks = {
        pkceCodeVerifier: verifier,
        expectedState: oidc.randomState(),
        expectedNonce: oidc.randomNonce(),
      };
      const url = oidc.buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        scope: SCOPE,
        state: checks.expectedState,
        nonce: checks.expectedNonce,
        code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
        code_challenge_method: "S256",
        ...params,
      });
      return { url, checks };
    },
    finish: (begun, page) =>
      oidc.authorizationCodeGrant(config, new URL(locationOf(page)), begun.checks),
    errorOf: (page) => new URL(locationOf(page)).searchParams.get("error"),
  };
}

// Signs a user in with password and code, binding a phone if that is asked for. Returns the page that
// leads back to the application.
export async function signIn(
  server: TestServer,
  browser: Browser,
  begun: Begun,
  user: { readonly username: string; readonly password: string; readonly phone: string },
): Promise<Page> {
  let page = await browser.open(begun.url.href);
  page = await browser.submit(page, "login", { login: user.username, password: user.password });
  if (page.html.includes('name="phone"') && !page.html.includes('name="code"')) {
    page = await browser.submit(page, "phone", { phone: user.phone });
  }
  if (page.html.includes('name="code"')) {
    page = await browser.submit(page, "code", { code: server.lastCode(user.phone) });
  }
  return page;
}
