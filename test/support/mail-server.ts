// A mail server of our own, and how a mail that it took is read.
import { SMTPServer } from "smtp-server";
import { freePort } from "./server.ts";

export interface ReceivedMail {
  readonly from: string;
  readonly recipients: readonly string[];
  // Names in lower case, unfolded, encoded words as they are; one that occurs twice has two entries.
  readonly headers: readonly (readonly [name: string, value: string])[];
  header(name: string): string;
  // By content type, decoded.
  readonly parts: Readonly<Record<string, string>>;
  readonly raw: string;
}

export interface MailServer {
  readonly port: number;
  readonly received: ReceivedMail[];
  // User and password of everybody who logged in.
  readonly logins: readonly string[];
  // Answers this to the recipient from now on; null: takes mails.
  refuseWith(code: number | null): void;
  // Takes connections and says nothing from now on.
  hang(hangs: boolean): void;
  stop(): Promise<void>;
  start(): Promise<void>;
}

export interface MailServerOptions {
  // Its certificate; none: one that nobody trusts. "none": it offers no TLS at all.
  readonly tls?: { readonly key: string; readonly cert: string } | "none";
  // TLS from the first byte.
  readonly secure?: boolean;
}

export async function startMailServer(options: MailServerOptions = {}): Promise<MailServer> {
  const { tls, secure = false } = options;
  const port = await freePort();
  const logins: string[] = [];
  const received: ReceivedMail[] = [];
  let refusal: number | null = null;
  let hangs = false;
  let server: SMTPServer | null = null;

  const start = () =>
    new Promise<void>((resolve, reject) => {
      server = new SMTPServer({
        authOptional: true,
        logger: false,
        secure,
        ...(tls === "none" ? { disabledCommands: ["STARTTLS"] } : tls),
        onAuth({ username = "", password }, _session, callback) {
          logins.push(`${username}:${password}`);
          callback(null, { user: username });
        },
        closeTimeout: 10,
        onConnect(_session, callback) {
          if (!hangs) callback();
        },
        onRcptTo(_address, _session, callback) {
          if (refusal === null) return callback();
          callback(
            Object.assign(new Error("not now, alice@example.com"), { responseCode: refusal }),
          );
        },
        onData(stream, session, callback) {
          const chunks: Buffer[] = [];
          stream.on("data", (chunk: Buffer) => chunks.push(chunk));
          stream.on("end", () => {
            const { mailFrom, rcptTo } = session.envelope;
            received.push(
              readMail(Buffer.concat(chunks).toString("utf8"), {
                from: mailFrom === false ? "" : mailFrom.address,
                recipients: rcptTo.map(({ address }) => address),
              }),
            );
            callback();
          });
        },
      });
      server.on("error", reject);
      server.listen(port, "127.0.0.1", () => resolve());
    });
  await start();

  return {
    port,
    received,
    logins,
    refuseWith(code) {
      refusal = code;
    },
    hang(hangsNow) {
      hangs = hangsNow;
    },
    stop: () => new Promise((resolve) => (server === null ? resolve() : server.close(resolve))),
    start,
  };
}

function readMail(raw: string, envelope: Pick<ReceivedMail, "from" | "recipients">): ReceivedMail {
  const { headers, body } = split(raw);
  const header = (name: string) => headers.find(([each]) => each === name)?.[1] ?? "";
  const boundary = /boundary="([^"]+)"/.exec(header("content-type"))?.[1] ?? "";
  const parts: Record<string, string> = {};
  for (const each of body.split(`--${boundary}`).slice(1, -1)) {
    const part = split(each.replace(/^\r\n/, ""));
    const of = (name: string) => part.headers.find(([found]) => found === name)?.[1] ?? "";
    const type = of("content-type").split(";")[0] ?? "";
    parts[type] = decode(part.body, of("content-transfer-encoding"));
  }
  return { ...envelope, headers, header, parts, raw };
}

function split(raw: string) {
  const end = raw.indexOf("\r\n\r\n");
  const lines = raw
    .slice(0, end)
    .replace(/\r\n[ \t]+/g, " ")
    .split("\r\n");
  const headers = lines.map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
  });
  return { headers, body: raw.slice(end + 4) };
}

function decode(body: string, encoding: string): string {
  switch (encoding.toLowerCase()) {
    case "base64":
      return Buffer.from(body, "base64").toString("utf8");
    case "quoted-printable": {
      const bytes = body
        .replace(/=\r\n/g, "")
        .replace(/=([0-9A-F]{2})/g, (_, hex: string) =>
          String.fromCharCode(Number.parseInt(hex, 16)),
        );
      return Buffer.from(bytes, "latin1").toString("utf8");
    }
    default:
      return body;
  }
}
