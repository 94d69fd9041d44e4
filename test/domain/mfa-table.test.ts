import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { renderMfaTable } from "../../scripts/mfa-table.ts";

describe("docs/mfa-decision.md", () => {
  it("says what decideMfa decides: node scripts/mfa-table.ts writes it anew", () => {
    const file = path.resolve(import.meta.dirname, "../../docs/mfa-decision.md");
    assert.equal(readFileSync(file, "utf8"), renderMfaTable());
  });
});
