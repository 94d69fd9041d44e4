// npm install @auth/express express
import { ExpressAuth, getSession } from "@auth/express";
import express from "express";

const {
  ISSUER = "http://localhost:3000",
  CLIENT_SECRET,
  SESSION_SECRET,
  PORT = "8080",
} = process.env;
const origin = `http://localhost:${PORT}`;
const provider = await (await fetch(`${ISSUER}/.well-known/openid-configuration`)).json();

const latchkey = {
  id: "latchkey",
  name: "Latchkey",
  type: "oidc",
  issuer: ISSUER,
  clientId: "web",
  clientSecret: CLIENT_SECRET,
  checks: ["pkce", "state", "nonce"],
  authorization: { params: { scope: "openid profile email offline_access" } },
};

const config = {
  trustHost: true,
  secret: SESSION_SECRET,
  providers: [latchkey],
  callbacks: {
    // What the encrypted cookie keeps: at the sign-in, and at each look at the session after it.
    async jwt({ token, account, profile }) {
      if (account) {
        const { id_token: idToken, refresh_token: refreshToken, expires_at: expiresAt } = account;
        return { ...token, amr: profile.amr, idToken, refreshToken, expiresAt };
      }
      return token.expiresAt * 1000 > Date.now() + 60_000 ? token : refresh(token);
    },
    session: ({ session, token }) => ({
      ...session,
      sub: token.sub,
      amr: token.amr,
      expiresAt: token.expiresAt,
    }),
  },
};

async function refresh(token) {
  const answer = await fetch(provider.token_endpoint, {
    method: "POST",
    headers: { Authorization: `Basic ${btoa(`web:${CLIENT_SECRET}`)}` },
    body: new URLSearchParams({ grant_type: "refresh_token", refresh_token: token.refreshToken }),
  });
  // Null ends the session: the user signs in again.
  if (!answer.ok) return null;
  const { refresh_token: refreshToken, expires_in: seconds } = await answer.json();
  return { ...token, refreshToken, expiresAt: Math.floor(Date.now() / 1000) + seconds };
}

const app = express();
app.use("/auth", ExpressAuth(config));

app.get("/", async (request, response) => response.json(await getSession(request, config)));

// After POST /auth/signout, which ends the session here, this ends the one at Latchkey.
app.get("/logout", (_request, response) => {
  const params = new URLSearchParams({ client_id: "web", post_logout_redirect_uri: origin });
  response.clearCookie("authjs.session-token");
  response.redirect(`${provider.end_session_endpoint}?${params}`);
});

app.listen(Number(PORT));
