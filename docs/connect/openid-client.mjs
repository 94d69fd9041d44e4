// npm install openid-client express express-session
import express from "express";
import session from "express-session";
import * as oidc from "openid-client";

const {
  ISSUER = "http://localhost:3000",
  CLIENT_SECRET,
  SESSION_SECRET,
  PORT = "8080",
} = process.env;
const origin = `http://localhost:${PORT}`;
const config = await oidc.discovery(
  new URL(ISSUER),
  "web",
  undefined,
  oidc.ClientSecretBasic(CLIENT_SECRET),
  // For an http issuer on your own machine only.
  { execute: ISSUER.startsWith("http:") ? [oidc.allowInsecureRequests] : [] },
);

const app = express();
app.use(session({ secret: SESSION_SECRET, resave: false, saveUninitialized: false }));

app.get("/", (request, response) => response.json(request.session.claims ?? null));

app.get("/login", async (request, response) => {
  const pkceCodeVerifier = oidc.randomPKCECodeVerifier();
  const expectedState = oidc.randomState();
  request.session.checks = { pkceCodeVerifier, expectedState };
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri: `${origin}/callback`,
    scope: "openid profile email offline_access",
    code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: "S256",
    state: expectedState,
  });
  response.redirect(url.href);
});

app.get("/callback", async (request, response) => {
  const url = new URL(request.originalUrl, origin);
  const tokens = await oidc.authorizationCodeGrant(config, url, request.session.checks);
  // A new session for who is signed in now.
  await new Promise((done) => request.session.regenerate(done));
  const { id_token: idToken, refresh_token: refreshToken } = tokens;
  Object.assign(request.session, { claims: tokens.claims(), idToken, refreshToken });
  response.redirect("/");
});

app.get("/refresh", async (request, response) => {
  const tokens = await oidc.refreshTokenGrant(config, request.session.refreshToken);
  request.session.refreshToken = tokens.refresh_token;
  response.json({ refreshed: true });
});

app.get("/logout", (request, response) => {
  const url = oidc.buildEndSessionUrl(config, {
    id_token_hint: request.session.idToken,
    post_logout_redirect_uri: origin,
  });
  request.session.destroy(() => response.redirect(url.href));
});

app.listen(Number(PORT));
