// What a crash does to mails: nothing is lost between a sign-in and its mail, nor while one is being sent.
import assert from "node:assert/strict";
import net from "node:net";
import { createBrowser } from "../support/browser.ts";
import { type MailServer, startMailServer } from "../support/mail-server.ts";
import { type RelyingParty, registerRelyingParty } from "../support/relying-party.ts";
import { freePort, startServer, type TestServer } from "../support/server.ts";
import { until } from "../support/until.ts";

const MAILBOX = "alice@example.com";
// Longer than the lease of the dead.
const PATIENCE_MS = 45_000;

describe("mails and kill -9", function () {
  this.timeout(120_000);
  let mailbox: MailServer;
  let server: TestServer;
  let app: RelyingParty;
  let users = 0;

  before(async () => {
    mailbox = await startMailServer();
    server = await startServer({
      limits: { mailTimeoutSeconds: 1, mailRetrySeconds: [1, 1, 1, 1, 1] },
      env: { SMTP_URL: `smtp://localhost:${mailbox.port}` },
    });
    app = await registerRelyingParty(server, { id: "app", sms: "on" });
  });
  after(async () => {
    await server.close();
    await mailbox.stop();
  });

  // How many mails with such a subject the latest user has got. Others may get theirs a second time: whoever sent
  // it was killed before that was written down.
  const received = (subject: RegExp): number =>
    mailbox.received.filter(
      ({ recipients, header }) =>
        recipients.includes(`user${users}+${MAILBOX}`) && subject.test(header("subject")),
    ).length;

  // Binds a phone, up to the answer that says so, and kills the server with it.
  async function bindAndKill(): Promise<void> {
    const [username, phone] = [`user${++users}`, `+1415555${3000 + users}`];
    const email = `${username}+${MAILBOX}`;
    const { password } = await server.latchkey(
      ...["user", "add", "--username", username, "--email", email, "--email-verified"],
    );
    const browser = createBrowser();
    const begun = await app.begin();
    let page = await browser.open(begun.url.href);
    page = await browser.submit(page, "login", { login: username, password });
    page = await browser.submit(page, "phone", { phone });
    const code = { code: server.lastCode(phone) };
    const answer = await browser.post(page, "code", code);
    await server.kill("SIGKILL");
    assert.equal(answer.status, 303);
  }

  for (let round = 1; round <= 3; round++) {
    it(`lose no mail between a sign-in and its delivery, round ${round}`, async () => {
      await bindAndKill();
      await server.restart();
      await until(() => received(/verified/) > 0, "its mail is lost", PATIENCE_MS);
    });
  }

  it("send again what was being sent", async () => {
    const silent = net.createServer((socket) => socket.on("error", () => {}));
    const port = await freePort();
    await new Promise<void>((resolve) => silent.listen(port, "127.0.0.1", resolve));
    const connected = new Promise<void>((resolve) => silent.once("connection", () => resolve()));
    await server.kill("SIGKILL");
    await server.restart({ SMTP_URL: `smtp://localhost:${port}` });
    await server.latchkey("user", "update", `user${users}`, "--phone", "");
    await connected;
    await server.kill("SIGKILL");
    silent.close();

    // It is claimed until the lease of the dead is over.
    await server.restart({ SMTP_URL: `smtp://localhost:${mailbox.port}` });
    await until(() => received(/removed/) > 0, "it was not sent again", PATIENCE_MS);
    assert.equal(received(/removed/), 1);
  });
});
