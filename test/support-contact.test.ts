// Whom people can ask for help: what the environment says of it, and how it is named.
import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { readConfig } from "../src/config.ts";
import {
  supportAddressOf,
  supportLinkOf,
  withSupportParts,
} from "../src/domain/support-contact.ts";

const DATA_DIR = mkdtempSync(path.join(tmpdir(), "support-"));
const PRODUCTION = {
  NODE_ENV: "production",
  ISSUER: "https://id.example",
  SECRET: "q8Zr0Vt3yLx7Kd1Wm5Ns9Bf2Hc6Jg4Pa",
  SMS_PROVIDERS: "webhook",
  SMS_WEBHOOK_URL: "https://sms.example",
  SMS_WEBHOOK_SECRET: "Rk2Yx8Wd5Tn1Bv7Mq4Zc9Lp3Hs6Jf0Ga",
};
const supportOf = (environment: Record<string, string>) =>
  readConfig({ DATA_DIR, ...environment }).support;

describe("the support contact", () => {
  it("is nobody unless one is given", () => {
    assert.deepEqual(supportOf({}), { url: null, email: null });
    assert.equal(supportLinkOf({ url: null, email: null }), null);
    assert.equal(supportAddressOf({ url: null, email: null }), "");
  });

  it("is a page by https, by http on loopback outside production alone, and one address", () => {
    for (const url of ["https://help.example/contact", "http://127.0.0.1:8080/help"]) {
      assert.equal(supportOf({ SUPPORT_URL: url }).url, url);
    }
    for (const url of [
      "http://help.example",
      "javascript:alert(1)",
      "mailto:a@b.example",
      "https://u:p@help.example",
      "//help.example",
      "help.example",
    ]) {
      assert.throws(
        () => supportOf({ SUPPORT_URL: url }),
        /SUPPORT_URL: must be an https URL/,
        url,
      );
    }
    const local = { ...PRODUCTION, SUPPORT_URL: "http://localhost/help" };
    assert.throws(() => supportOf(local), /SUPPORT_URL/);
    assert.equal(supportOf({ SUPPORT_EMAIL: "help@id.example" }).email, "help@id.example");
    for (const email of ["help", "a@b.example, c@d.example", "a@b.example?bcc=c@d.example"]) {
      assert.throws(() => supportOf({ SUPPORT_EMAIL: email }), /SUPPORT_EMAIL: must be one/, email);
    }
  });

  it("is a link on pages and a plain address in mails and texts", () => {
    const both = { url: "https://help.example/contact/", email: "help@id.example" };
    assert.deepEqual(supportLinkOf(both), { href: both.url, label: "help.example/contact" });
    assert.equal(supportAddressOf(both), "help@id.example");
    assert.equal(supportAddressOf({ ...both, email: null }), "help.example/contact");
    assert.equal(supportLinkOf({ ...both, url: null })?.href, "mailto:help@id.example");
  });

  it("is named in the part of a text that stands in brackets, which goes without one", () => {
    assert.equal(withSupportParts("No.[ Ask {support}.]", true), "No. Ask {support}.");
    assert.equal(withSupportParts("No.[ Ask {support}.]", false), "No.");
    assert.equal(withSupportParts("[Ask {support}. ]Go.", false), "Go.");
    assert.equal(withSupportParts("[Ask {support}.]", false), "");
  });
});
