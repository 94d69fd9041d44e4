// npm install passport passport-openidconnect express express-session
import express from "express";
import session from "express-session";
import passport from "passport";
import OpenIDConnectStrategy from "passport-openidconnect";

const {
  ISSUER = "http://localhost:3000",
  CLIENT_SECRET,
  SESSION_SECRET,
  PORT = "8080",
} = process.env;
const origin = `http://localhost:${PORT}`;
const provider = await (await fetch(`${ISSUER}/.well-known/openid-configuration`)).json();

passport.use(
  new OpenIDConnectStrategy(
    {
      issuer: ISSUER,
      authorizationURL: provider.authorization_endpoint,
      tokenURL: provider.token_endpoint,
      userInfoURL: provider.userinfo_endpoint,
      clientID: "web",
      clientSecret: CLIENT_SECRET,
      callbackURL: `${origin}/callback`,
      // It puts openid before them.
      scope: "profile email offline_access",
    },
    // Without userinfo and with these eight arguments; passport tells them apart by their number.
    (_issuer, profile, context, idToken, _accessToken, refreshToken, _params, done) =>
      done(null, { profile, amr: context.methods, idToken, refreshToken }),
  ),
);
passport.serializeUser((user, done) => done(null, user));
passport.deserializeUser((user, done) => done(null, user));

const app = express();
app.use(session({ secret: SESSION_SECRET, resave: false, saveUninitialized: false }));
app.use(passport.session());

app.get("/", (request, response) =>
  response.json(request.user ? { sub: request.user.profile.id, amr: request.user.amr } : null),
);
app.get("/login", passport.authenticate("openidconnect"));
app.get("/callback", passport.authenticate("openidconnect", { successRedirect: "/" }));

// Passport does not refresh by itself.
app.get("/refresh", async (request, response) => {
  const answer = await fetch(provider.token_endpoint, {
    method: "POST",
    headers: { Authorization: `Basic ${btoa(`web:${CLIENT_SECRET}`)}` },
    body: new URLSearchParams({
      grant_type: "refresh_token",
      refresh_token: request.user.refreshToken,
    }),
  });
  if (!answer.ok) return response.status(401).send(await answer.text());
  const tokens = await answer.json();
  request.session.passport.user.refreshToken = tokens.refresh_token;
  response.json({ refreshed: true });
});

app.get("/logout", (request, response, next) => {
  const params = new URLSearchParams({
    id_token_hint: request.user.idToken,
    post_logout_redirect_uri: origin,
  });
  request.logout((error) =>
    error ? next(error) : response.redirect(`${provider.end_session_endpoint}?${params}`),
  );
});

app.listen(Number(PORT));
