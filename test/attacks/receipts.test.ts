// Receipts: anybody can post one. Only what the provider signed counts, and it never proves anything.
import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { type FakeVonage, startFakeVonage } from "../support/fake-vonage.ts";
import { afterPassword, openScene, rawRequest, type Scene, type Visit } from "./scene.ts";

const SECRET = "a-signature-secret-of-an-account";
const KEY = "abcd1234";
const PATH = "/sms/receipts/vonage";

const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
const now = () => Math.floor(Date.now() / 1000);

interface Claims {
  readonly iat?: number;
  readonly api_key?: string;
  readonly payload_hash?: string;
}

function tokenFor(
  body: string,
  {
    claims = {},
    alg = "HS256",
    secret = SECRET,
  }: { claims?: Claims; alg?: string; secret?: string } = {},
): string {
  const header = base64url({ alg, typ: "JWT" });
  const hash = createHash("sha256").update(body).digest("hex");
  const payload = base64url({
    iss: "Vonage",
    iat: now(),
    api_key: KEY,
    payload_hash: hash,
    ...claims,
  });
  const signature = createHmac("sha256", secret).update(`${header}.${payload}`).digest("base64url");
  return `${header}.${payload}.${alg === "none" ? "" : signature}`;
}

describe("attacks with receipts", () => {
  let vonage: FakeVonage;
  let scene: Scene;
  before(async () => {
    vonage = await startFakeVonage();
    scene = await openScene({
      env: {
        SMS_PROVIDERS: "vonage",
        SMS_COUNTRIES: "US",
        VONAGE_API_KEY: KEY,
        VONAGE_API_SECRET: "a-secret",
        VONAGE_FROM: "Latchkey",
        VONAGE_HOST: vonage.url,
        VONAGE_SIGNATURE_SECRET: SECRET,
      },
    });
  });
  after(async () => {
    await scene.server.close();
    await vonage.close();
  });

  // A browser that waits for a code, and our id for the text with it.
  async function waiting(): Promise<Visit & { readonly reference: string }> {
    const visit = await afterPassword(scene.strict, scene.victim());
    return { ...visit, reference: vonage.requests.at(-1)?.["client-ref"] ?? "" };
  }
  const receiptOf = (reference: string, status = "delivered") =>
    JSON.stringify({
      msisdn: "14155552000",
      to: "Latchkey",
      messageId: "0A0000000123ABCD1",
      status,
      "err-code": "0",
      "client-ref": reference,
    });
  const post = async (body: string | Buffer, headers: Record<string, string> = {}, path = PATH) =>
    (
      await rawRequest(
        scene.server,
        {
          method: "POST",
          path,
          headers: {
            Host: new URL(scene.server.issuer).host,
            "Content-Type": "application/json",
            ...headers,
          },
        },
        body,
      )
    ).status;
  const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });
  const pageOf = async ({ browser, page }: Visit) => (await browser.open(page.url)).html;

  it("tells the user what the network says, on the next look", async () => {
    const visit = await waiting();
    assert.doesNotMatch(await pageOf(visit), /delivered/);
    const body = receiptOf(visit.reference);
    assert.equal(await post(body, bearer(tokenFor(body))), 204);
    assert.match(await pageOf(visit), /Delivered at/);

    const failing = await waiting();
    const undelivered = receiptOf(failing.reference, "expired");
    assert.equal(await post(undelivered, bearer(tokenFor(undelivered))), 204);
    assert.match(await pageOf(failing), /wasn&#39;t delivered/);
  });

  it("takes the older signature too, as a field of a form or of JSON", async () => {
    const visit = await waiting();
    const fields = {
      "client-ref": visit.reference,
      messageId: "0A1",
      status: "delivered",
      timestamp: String(now()),
      note: "a=b&c",
    };
    const signed = Object.entries(fields)
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, value]) => `&${name}=${value.replace(/[&=]/g, "_")}`)
      .join("");
    const sig = createHmac("sha256", SECRET).update(signed).digest("hex");
    const form = new URLSearchParams({ ...fields, sig }).toString();
    const type = { "Content-Type": "application/x-www-form-urlencoded" };
    const wrong = new URLSearchParams({ ...fields, status: "failed", sig }).toString();
    assert.equal(await post(wrong, type), 401);
    assert.equal(await post(form, type), 204);
    assert.match(await pageOf(visit), /Delivered at/);
  });

  it("refuses forged ones, and changes nothing (WH-01)", async () => {
    const visit = await waiting();
    const body = receiptOf(visit.reference);
    const forged: Record<string, Record<string, string>> = {
      "no signature": {},
      "no token": { Authorization: "Bearer x" },
      "another secret": bearer(tokenFor(body, { secret: "another-secret-altogether" })),
      "alg none": bearer(tokenFor(body, { alg: "none" })),
      "another alg": bearer(tokenFor(body, { alg: "HS512" })),
      "an old one": bearer(tokenFor(body, { claims: { iat: now() - 301 } })),
      "one from the future": bearer(tokenFor(body, { claims: { iat: now() + 400 } })),
      "another account": bearer(tokenFor(body, { claims: { api_key: "other" } })),
      "another body": bearer(tokenFor(`${body} `)),
      "no hash": bearer(tokenFor(body, { claims: { payload_hash: "" } })),
    };
    for (const [name, headers] of Object.entries(forged)) {
      assert.equal(await post(body, headers), 401, name);
    }
    assert.doesNotMatch(await pageOf(visit), /Delivered at/);
    assert.equal(await post(body, bearer(tokenFor(body)), "/sms/receipts/twilio"), 404);
    assert.equal(await post(body, bearer(tokenFor(body)), "/sms/receipts/nobody"), 404);
  });

  it("takes the first word on how a text ended, however often and late others come (SMS-19)", async () => {
    const visit = await waiting();
    const delivered = receiptOf(visit.reference);
    const token = bearer(tokenFor(delivered));
    assert.deepEqual(
      await Promise.all(Array.from({ length: 20 }, () => post(delivered, token))),
      Array(20).fill(204),
    );
    for (const status of ["expired", "buffered", "accepted"]) {
      const late = receiptOf(visit.reference, status);
      assert.equal(await post(late, bearer(tokenFor(late))), 204);
    }
    assert.match(await pageOf(visit), /Delivered at/);
    const lines = scene.server.output().split("\n");
    const taken = lines.filter((line) => line.includes('"event":"receipt"'));
    assert.ok(taken.length <= 4, "each text has one line");
  });

  it("verifies nobody by it", async () => {
    const visit = await waiting();
    const body = receiptOf(visit.reference);
    assert.equal(await post(body, bearer(tokenFor(body))), 204);
    const { items } = await scene.server.latchkey("message", "list", "--limit", "1000");
    const message = items.find(({ id }: { id: string }) => id === visit.reference);
    assert.equal(message.status, "delivered");
    assert.equal(message.verifiedAt, null);
    assert.match(await pageOf(visit), /name="code"/);
  });

  it("answers what is too large, not understood or about no text of ours (WH-04)", async () => {
    const huge = `{"status":"${"x".repeat(70_000)}"}`;
    assert.equal(await post(huge, bearer(tokenFor(huge))), 413);
    for (const body of ["{", "[]", '"x"', '{"status":"delivered"}', receiptOf("x", "eaten")]) {
      assert.equal(await post(body, bearer(tokenFor(body))), 400, body);
    }
    const unknown = receiptOf("no-text-of-ours");
    assert.equal(await post(unknown, bearer(tokenFor(unknown))), 404);
    assert.equal(await post("a=b", { "Content-Type": "text/plain" }), 415);
    assert.equal((await fetch(`${scene.server.issuer}${PATH}`)).status, 405);
  });
});
