// npm install express-openid-connect express
import express from "express";
import { auth } from "express-openid-connect";

const {
  ISSUER = "http://localhost:3000",
  CLIENT_SECRET,
  SESSION_SECRET,
  PORT = "8080",
} = process.env;

const app = express();
// It serves /login, /callback and /logout.
app.use(
  auth({
    issuerBaseURL: ISSUER,
    baseURL: `http://localhost:${PORT}`,
    clientID: "web",
    clientSecret: CLIENT_SECRET,
    clientAuthMethod: "client_secret_basic",
    secret: SESSION_SECRET,
    authRequired: false,
    idpLogout: true,
    authorizationParams: {
      response_type: "code",
      scope: "openid profile email offline_access",
    },
  }),
);

app.get("/", (request, response) => response.json(request.oidc.idTokenClaims ?? null));

app.get("/refresh", async (request, response) => {
  await request.oidc.accessToken.refresh();
  response.json({ refreshed: true });
});

app.listen(Number(PORT));
