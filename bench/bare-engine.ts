// What we are compared with: the engine alone with its store in memory, and a page for the password of
// its own that neither hashes nor asks for a second step. Same application, routes, claims and algorithm.
import { generateKeyPairSync, randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { type JWK, type KoaContextWithOIDC, Provider } from "oidc-provider";
import { CLAIMS, SCOPES } from "../src/oidc/claims.ts";
import { answerQuestions, type BenchUser, REDIRECT_URI, SCOPE } from "./messages.ts";

const USERS = 50;
const port = Number(process.env.PORT);
const issuer = `http://127.0.0.1:${port}`;
const clientSecret = randomBytes(32).toString("base64url");
const users = new Map<string, BenchUser>(
  Array.from({ length: USERS }, (_, i) => {
    const user = { login: `user${i}`, password: `password-of-${i}`, phone: `+1415555${2600 + i}` };
    return [user.login, user];
  }),
);

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: "bench",
      client_secret: clientSecret,
      redirect_uris: [REDIRECT_URI],
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      token_endpoint_auth_method: "client_secret_basic",
      id_token_signed_response_alg: "RS256",
      scope: SCOPE,
    },
  ],
  jwks: { keys: [signingKey()] },
  cookies: { keys: [randomBytes(32).toString("base64url")] },
  claims: CLAIMS,
  scopes: SCOPES,
  features: { devInteractions: { enabled: false } },
  rotateRefreshToken: true,
  issueRefreshToken: async () => true,
  loadExistingGrant,
  interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
  findAccount: (_ctx, id) => ({ accountId: id, claims: async () => claimsOf(id) }),
});

provider.use(async (ctx, next) => {
  if (!ctx.path.startsWith("/interaction/")) return next();
  if (ctx.method === "GET") {
    const { uid } = await provider.interactionDetails(ctx.req, ctx.res);
    ctx.type = "html";
    ctx.body = `<!doctype html><form method="post" action="/interaction/${uid}/login">
      <input name="login"><input name="password" type="password"><button>Sign in</button></form>`;
    return;
  }
  const form = new URLSearchParams(await readBody(ctx.req));
  const user = users.get(form.get("login") ?? "");
  if (user === undefined || user.password !== form.get("password")) {
    ctx.status = 401;
    return;
  }
  const result = { login: { accountId: user.login, amr: ["pwd"] } };
  const returnTo = await provider.interactionResult(ctx.req, ctx.res, result);
  ctx.status = 303;
  ctx.redirect(returnTo);
});

provider.listen(port, "127.0.0.1", () => {
  const setup = {
    issuer,
    clientId: "bench",
    clientSecret,
    users: [...users.values()],
    outboxFile: null,
    csrfKey: null,
  };
  answerQuestions(setup, () => ({ reads: 0, writes: 0 }));
});

function signingKey(): JWK {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return { ...privateKey.export({ format: "jwk" }), kid: "bench", alg: "RS256", use: "sig" };
}

// Everything that is asked for is granted, so that nobody is asked to consent, as with us.
async function loadExistingGrant(ctx: KoaContextWithOIDC) {
  const { client, session, account } = ctx.oidc;
  if (client === undefined || account === undefined) return undefined;
  const id = session?.grantIdFor(client.clientId);
  const known = id === undefined ? undefined : await provider.Grant.find(id);
  if (known !== undefined) return known;
  const { accountId } = account;
  const grant = new provider.Grant({ accountId, clientId: client.clientId });
  grant.addOIDCScope(SCOPE);
  await grant.save();
  return grant;
}

function claimsOf(sub: string) {
  return {
    sub,
    name: sub,
    preferred_username: sub,
    email: `${sub}@example.com`,
    email_verified: false,
    phone_number: users.get(sub)?.phone,
    phone_number_verified: true,
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request) body += String(chunk);
  return body;
}
