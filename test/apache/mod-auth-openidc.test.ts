// Apache with mod_auth_openidc, as Debian packages them, with the settings of docs/connect.md.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { confirm, travel } from "../clients/travel.ts";
import { createBrowser } from "../support/browser.ts";
import { freePort, startServer, type TestServer } from "../support/server.ts";
import { until } from "../support/until.ts";

const MODULES = "/usr/lib/apache2/modules";
const PHONE = "+14155552671";

describe("Apache with mod_auth_openidc", function () {
  this.timeout(60_000);
  let server: TestServer;
  let apache: ChildProcess;
  let folder = "";
  let origin = "";
  let password = "";
  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), "latchkey-apache-"));
    // Apache gives up being root, and reads it as somebody else then.
    chmodSync(folder, 0o755);
    server = await startServer({ limits: { sendGapSeconds: 0 } });
    const port = await freePort();
    origin = `http://localhost:${port}`;
    const site = await server.latchkey(
      ...["client", "add", "--id", "site", "--name", "Site", "--redirect-uri", `${origin}/oidc`],
      ...["--post-logout-redirect-uri", `${origin}/bye/`],
    );
    await server.latchkey("mfa", "client", "site", "on");
    const user = ["user", "add", "--username", "alice", "--phone", PHONE];
    password = (await server.latchkey(...user)).password;
    for (const name of ["inside", "bye"]) {
      mkdirSync(path.join(folder, "www", name), { recursive: true });
      writeFileSync(path.join(folder, "www", name, "index.html"), name);
    }
    const settings = path.join(folder, "apache.conf");
    writeFileSync(settings, settingsOf(port, site.client_secret));
    apache = spawn("/usr/sbin/apache2", ["-X", "-f", settings], { stdio: "ignore" });
    await until(async () => (await fetch(`${origin}/bye/`).catch(() => null))?.status === 200);
  });
  after(async () => {
    apache?.kill("SIGTERM");
    await server?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  function settingsOf(port: number, secret: string): string {
    const modules = ["mpm_event", "authz_core", "authz_user", "authn_core", "dir", "auth_openidc"];
    return `
ServerRoot ${folder}
ServerName localhost
PidFile ${folder}/pid
ErrorLog ${folder}/error.log
Listen 127.0.0.1:${port}
User nobody
Group nogroup
${modules.map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`).join("\n")}
DocumentRoot ${folder}/www
DirectoryIndex index.html
OIDCProviderMetadataURL ${server.issuer}/.well-known/openid-configuration
OIDCClientID site
OIDCClientSecret ${secret}
OIDCRedirectURI ${origin}/oidc
OIDCCryptoPassphrase only-for-this-test
OIDCScope "openid email profile"
OIDCPKCEMethod S256
OIDCSSLValidateServer On
<Location /oidc>
AuthType openid-connect
Require valid-user
</Location>
<Location /inside>
AuthType openid-connect
# Our requests say that they are of a script.
OIDCUnAuthAction auth "true"
Require valid-user
</Location>
`;
  }

  it("signs in with two factors, and out", async () => {
    const browser = createBrowser();
    let page = await travel(browser, await browser.request(`${origin}/inside/`));
    page = await browser.submit(page, "login", { login: "alice", password });
    assert.match(page.html, /name="code"/);
    page = await browser.submit(page, "code", { code: server.lastCode(PHONE) });
    page = await travel(browser, page);
    assert.equal(page.html, "inside");
    const logout = `${origin}/oidc?logout=${encodeURIComponent(`${origin}/bye/`)}`;
    page = await travel(browser, await browser.request(logout));
    page = await travel(browser, await confirm(browser, page));
    assert.equal(page.html, "bye");
    page = await travel(browser, await browser.request(`${origin}/inside/`));
    assert.match(page.html, /name="password"/);
  });
});
