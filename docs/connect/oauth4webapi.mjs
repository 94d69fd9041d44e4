// npm install oauth4webapi express express-session
import express from "express";
import session from "express-session";
import * as oauth from "oauth4webapi";

const {
  ISSUER = "http://localhost:3000",
  CLIENT_SECRET,
  SESSION_SECRET,
  PORT = "8080",
} = process.env;
const origin = `http://localhost:${PORT}`;
const redirectUri = `${origin}/callback`;
const issuer = new URL(ISSUER);
const client = { client_id: "web" };
const secret = oauth.ClientSecretBasic(CLIENT_SECRET);
// For an http issuer on your own machine only.
const options = { [oauth.allowInsecureRequests]: issuer.protocol === "http:" };
const discovered = await oauth.discoveryRequest(issuer, options);
const server = await oauth.processDiscoveryResponse(issuer, discovered);

const app = express();
app.use(session({ secret: SESSION_SECRET, resave: false, saveUninitialized: false }));

app.get("/", (request, response) => response.json(request.session.claims ?? null));

app.get("/login", async (request, response) => {
  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const nonce = oauth.generateRandomNonce();
  request.session.checks = { verifier, state, nonce };
  const params = new URLSearchParams({
    client_id: client.client_id,
    redirect_uri: redirectUri,
    response_type: "code",
    scope: "openid profile email offline_access",
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state,
    nonce,
  });
  response.redirect(`${server.authorization_endpoint}?${params}`);
});

app.get("/callback", async (request, response) => {
  const { verifier, state, nonce } = request.session.checks;
  const url = new URL(request.originalUrl, origin);
  const params = oauth.validateAuthResponse(server, client, url, state);
  const answer = await oauth.authorizationCodeGrantRequest(
    ...[server, client, secret, params, redirectUri, verifier, options],
  );
  const expected = { expectedNonce: nonce, requireIdToken: true };
  const tokens = await oauth.processAuthorizationCodeResponse(server, client, answer, expected);
  const claims = oauth.getValidatedIdTokenClaims(tokens);
  // A new session for who is signed in now.
  await new Promise((done) => request.session.regenerate(done));
  const { id_token: idToken, refresh_token: refreshToken } = tokens;
  Object.assign(request.session, { claims, idToken, refreshToken });
  response.redirect("/");
});

app.get("/refresh", async (request, response) => {
  const { refreshToken } = request.session;
  const answer = await oauth.refreshTokenGrantRequest(
    server,
    client,
    secret,
    refreshToken,
    options,
  );
  const tokens = await oauth.processRefreshTokenResponse(server, client, answer);
  request.session.refreshToken = tokens.refresh_token;
  response.json({ refreshed: true });
});

app.get("/logout", (request, response) => {
  const params = new URLSearchParams({
    id_token_hint: request.session.idToken,
    post_logout_redirect_uri: origin,
  });
  request.session.destroy(() => response.redirect(`${server.end_session_endpoint}?${params}`));
});

app.listen(Number(PORT));
