import assert from "node:assert/strict";
import { refuseUri } from "../../src/admin/redirect-uris.ts";

const cases: { uri: string; web: boolean; native: boolean; why: string }[] = [
  { uri: "https://app.example/cb", web: true, native: true, why: "https" },
  { uri: "https://app.example:8443/cb?a=b", web: true, native: true, why: "a port and a query" },
  { uri: "http://localhost:3000/cb", web: true, native: true, why: "loopback by name" },
  { uri: "http://127.0.0.1/cb", web: true, native: true, why: "loopback by number" },
  { uri: "http://[::1]:5000/cb", web: true, native: true, why: "loopback, version 6" },
  { uri: "http://127.9.9.9/cb", web: true, native: false, why: "the rest of 127.0.0.0/8" },
  { uri: "https://localhost/cb", web: true, native: false, why: "https on loopback" },
  { uri: "http://app.example/cb", web: false, native: false, why: "http elsewhere" },
  { uri: "http://localhost.evil.example/cb", web: false, native: false, why: "only begins so" },
  { uri: "http://128.0.0.1/cb", web: false, native: false, why: "one past 127.0.0.0/8" },
  { uri: "https://app.example/cb#", web: false, native: false, why: "an empty fragment" },
  { uri: "https://*.app.example/cb", web: false, native: false, why: "a wildcard" },
  { uri: "https://u:p@app.example/cb", web: false, native: false, why: "credentials" },
  { uri: "https://app.example/cb\n", web: false, native: false, why: "a newline" },
  { uri: "https:\\\\app.example\\cb", web: false, native: false, why: "backslashes" },
  { uri: "https://äpp.example/cb", web: false, native: false, why: "not ASCII" },
  { uri: "/cb", web: false, native: false, why: "not absolute" },
  { uri: "", web: false, native: false, why: "empty" },
  { uri: "javascript:alert(1)", web: false, native: false, why: "a script" },
  { uri: "data:text/html,hello", web: false, native: false, why: "data" },
  { uri: "myapp:/cb", web: false, native: false, why: "a scheme without a dot" },
  { uri: "com.example.app:/cb", web: false, native: true, why: "a private scheme" },
  {
    uri: `https://app.example/${"a".repeat(2028)}`,
    web: true,
    native: true,
    why: "2048 characters",
  },
  { uri: `https://app.example/${"a".repeat(2029)}`, web: false, native: false, why: "2049" },
];

describe("redirect URI policy", () => {
  for (const { uri, why, ...expect } of cases) {
    for (const type of ["web", "native"] as const) {
      const verb = expect[type] ? "accepts" : "refuses";
      it(`${verb} ${JSON.stringify(uri.slice(0, 40))} for ${type}: ${why}`, () => {
        assert.equal(refuseUri(uri, "redirect", type) === null, expect[type]);
      });
    }
  }

  it("refuses a private scheme for back-channel logout, which we call ourselves", () => {
    assert.notEqual(refuseUri("com.example.app:/out", "backchannel-logout", "native"), null);
    assert.equal(refuseUri("https://app.example/out", "backchannel-logout", "native"), null);
  });
});
