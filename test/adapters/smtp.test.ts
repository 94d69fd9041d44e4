// Against a real mail server: what it takes, refuses, and never answers.
import assert from "node:assert/strict";
import net from "node:net";
import tls from "node:tls";
import { generate } from "selfsigned";
import { createSmtpSender, type SmtpOptions } from "../../src/adapters/mail/smtp.ts";
import { headerLineOf, mailAddressOf, mailboxOf } from "../../src/domain/mail-header.ts";
import type { ComposedMail } from "../../src/ports/mail.ts";
import { NOON } from "../support/builders.ts";
import {
  type MailServer,
  type MailServerOptions,
  startMailServer,
} from "../support/mail-server.ts";
import { freePort } from "../support/server.ts";

function aComposedMail(given: Partial<ComposedMail> = {}): ComposedMail {
  const to = mailAddressOf("alice@example.com");
  assert.ok(to);
  return {
    id: "m1",
    to,
    purpose: "phone-bound",
    date: NOON,
    language: "en",
    subject: headerLineOf("Latchkey: A phone was bound"),
    text: "Your phone: +1 ••• ••• 71",
    html: "<p>Your phone: +1 ••• ••• 71</p>",
    ...given,
  };
}

function senderTo(port: number, given: Partial<SmtpOptions> = {}) {
  const from = mailboxOf("Latchkey <no-reply@id.example>");
  assert.ok(from);
  const at = { host: "localhost", port, secure: false, plain: true, auth: null, from };
  return createSmtpSender({ ...at, ...given });
}

describe("smtp", () => {
  let server: MailServer;
  beforeEach(async () => {
    server = await startMailServer();
  });
  afterEach(() => server.stop());

  const send = (mail = aComposedMail(), given: Partial<SmtpOptions> = {}) =>
    senderTo(server.port, given).send(mail, 5);

  it("delivers a mail with text and HTML to one recipient", async () => {
    assert.deepEqual(await send(), { outcome: "accepted" });
    const [mail] = server.received;
    assert.ok(mail);
    assert.equal(mail.from, "no-reply@id.example");
    assert.deepEqual(mail.recipients, ["alice@example.com"]);
    assert.equal(mail.header("from"), "Latchkey <no-reply@id.example>");
    assert.equal(mail.header("to"), "alice@example.com");
    assert.equal(mail.header("subject"), "Latchkey: A phone was bound");
    assert.equal(mail.header("message-id"), "<m1@id.example>");
    assert.equal(mail.header("auto-submitted"), "auto-generated");
    assert.equal(mail.header("content-language"), "en");
    assert.equal(new Date(mail.header("date")).getTime(), NOON);
    assert.match(mail.parts["text/plain"] ?? "", /\+1 ••• ••• 71/);
    assert.match(mail.parts["text/html"] ?? "", /<p>Your phone: \+1 ••• ••• 71<\/p>/);
  });

  const answers = [
    { code: 450, outcome: "failed" },
    { code: 452, outcome: "failed" },
    { code: 550, outcome: "refused" },
    { code: 553, outcome: "refused" },
  ];
  for (const { code, outcome } of answers) {
    it(`is ${outcome} by an answer of ${code}, whose words are not passed on`, async () => {
      server.refuseWith(code);
      assert.deepEqual(await send(), { outcome, detail: `EENVELOPE ${code}` });
      assert.equal(server.received.length, 0);
    });
  }

  it("fails when nobody is there, and delivers when somebody is again", async () => {
    await server.stop();
    const down = await send();
    assert.equal(down.outcome, "failed");
    await server.start();
    assert.deepEqual(await send(), { outcome: "accepted" });
  });

  it("fails in time when the server says nothing", async () => {
    server.hang(true);
    const began = performance.now();
    const outcome = await senderTo(server.port).send(aComposedMail(), 1);
    assert.equal(outcome.outcome, "failed");
    assert.ok(performance.now() - began < 2500);
  });

  it("fails in time when the server says a little, for ever", async () => {
    const drip = net.createServer((socket) => {
      const timer = setInterval(() => socket.write("220-wait\r\n"), 100);
      socket.on("error", () => {});
      socket.on("close", () => clearInterval(timer));
    });
    const port = await freePort();
    await new Promise<void>((resolve) => drip.listen(port, "127.0.0.1", resolve));
    try {
      const began = performance.now();
      assert.equal((await senderTo(port).send(aComposedMail(), 1)).outcome, "failed");
      assert.ok(performance.now() - began < 2500);
    } finally {
      drip.close();
    }
  });

  it("keeps every header on its line, whatever stands in it", async () => {
    const evil = "Hi\r\nBcc: evil@example.com\r\n\r\n<script>\u2028X-Evil: 1\u202e\0";
    const from = mailboxOf(`${evil} <no-reply@id.example>`.replace("<script>", ""));
    assert.ok(from);
    assert.deepEqual(
      await send(aComposedMail({ subject: headerLineOf(evil), text: evil }), { from }),
      { outcome: "accepted" },
    );
    const [mail] = server.received;
    assert.ok(mail);
    assert.deepEqual(mail.recipients, ["alice@example.com"]);
    const names = mail.headers.map(([name]) => name);
    assert.equal(new Set(names).size, names.length, "a header occurs twice");
    assert.deepEqual(
      names.filter((name) => /bcc|evil/.test(name)),
      [],
    );
    assert.equal(mail.header("to"), "alice@example.com");
  });

  it("writes to addresses of other scripts", async () => {
    const to = mailAddressOf("ålice@exämple.com");
    assert.ok(to);
    assert.deepEqual(await send(aComposedMail({ to })), { outcome: "accepted" });
    assert.equal(server.received[0]?.recipients.length, 1);
    assert.match(
      server.received[0]?.recipients[0] ?? "",
      /^ålice@(?:exämple|xn--exmple-cua)\.com$/,
    );
  });
});

describe("smtp over TLS", () => {
  const auth = { user: "latchkey", pass: "hunter2" };
  let server: MailServer | null = null;
  afterEach(async () => {
    await server?.stop();
    server = null;
  });

  async function send(options: MailServerOptions, given: Partial<SmtpOptions>) {
    server = await startMailServer(options);
    const outcome = await senderTo(server.port, { plain: false, auth, ...given }).send(
      aComposedMail(),
      5,
    );
    return { outcome: outcome.outcome, mails: server.received.length, logins: server.logins };
  }

  const nothing = { outcome: "failed", mails: 0, logins: [] };

  it("tells a server that offers none neither the mail nor the password", async () => {
    assert.deepEqual(await send({ tls: "none" }, {}), nothing);
  });

  for (const secure of [false, true]) {
    const how = secure ? "from the first byte" : "after STARTTLS";

    it(`tells a server whose certificate nobody vouches for nothing, ${how}`, async () => {
      assert.deepEqual(await send({ secure }, { secure }), nothing);
    });

    it(`delivers to one that is vouched for, ${how}`, async () => {
      const certificate = await makeCertificate();
      const before = tls.getCACertificates("default");
      tls.setDefaultCACertificates([...before, certificate.cert]);
      try {
        assert.deepEqual(await send({ secure, tls: certificate }, { secure }), {
          outcome: "accepted",
          mails: 1,
          logins: ["latchkey:hunter2"],
        });
      } finally {
        tls.setDefaultCACertificates(before);
      }
    });
  }
});

// For localhost.
async function makeCertificate(): Promise<{ key: string; cert: string }> {
  const made = await generate([{ name: "commonName", value: "localhost" }], {
    keyType: "ec",
    extensions: [{ name: "subjectAltName", altNames: [{ type: 2, value: "localhost" }] }],
  });
  return { key: made.private, cert: made.cert };
}
