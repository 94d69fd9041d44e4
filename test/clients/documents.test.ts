// What docs/connect.md and README.md tell an application's developer to type, and what they say of discovery.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { CLAIMS } from "../../src/oidc/claims.ts";
import { runLatchkey } from "../support/command-line.ts";
import { startServer } from "../support/server.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");
const read = (file: string) => readFileSync(path.join(ROOT, file), "utf8");

// The commands in a page's shell blocks, as words.
function commandsIn(page: string): string[][] {
  const blocks = [...page.matchAll(/^ *```sh\n(.*?)^ *```/gms)].map(([, block = ""]) => block);
  const lines = blocks.flatMap((block) => block.replaceAll(/\\\n\s*/g, "").split("\n"));
  return lines
    .map((line) => /^\s*npx latchkey (.*?)(?:\s+#.*)?$/.exec(line)?.[1])
    .filter((line) => line !== undefined)
    .map((line) =>
      [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? ""),
    );
}

// The rows of the table under this head: the first cell, and what the second one has between backticks.
function tableIn(page: string, head: string): Map<string, string[]> {
  const table = page.slice(page.indexOf(head)).split("\n\n")[0] ?? "";
  const rows = [...table.matchAll(/^\| `([^`]+)` \| (.*) \|$/gm)];
  return new Map(
    rows.map(([, name = "", cell = ""]) => [
      name,
      [...cell.matchAll(/`([^`]+)`/g)].map(([, each = ""]) => each),
    ]),
  );
}

describe("the pages that say how to connect an application", () => {
  for (const file of ["docs/connect.md", "README.md"]) {
    it(`have commands that work one after the other on an empty store: ${file}`, async () => {
      const dataDir = mkdtempSync(path.join(tmpdir(), "latchkey-"));
      try {
        const commands = commandsIn(read(file));
        assert.ok(commands.length > 3);
        for (const args of commands) {
          const { code, stderr } = await runLatchkey(args, { env: { DATA_DIR: dataDir } });
          assert.equal(code, 0, `${args.join(" ")}: ${stderr}`);
        }
      } finally {
        rmSync(dataDir, { recursive: true, force: true });
      }
    });
  }

  it("say of endpoints, scopes and claims what discovery says", async () => {
    const page = read("docs/connect.md");
    const server = await startServer();
    try {
      const answer = await fetch(`${server.issuer}/.well-known/openid-configuration`);
      const discovered: Record<string, unknown> = await answer.json();
      const endpoints = Object.entries(discovered)
        .filter(([name]) => name.endsWith("_endpoint") || name === "jwks_uri")
        .map(([name, url]) => [name, [String(url).slice(server.issuer.length)]] as const);
      assert.deepEqual(
        [...tableIn(page, "| member of discovery |")].toSorted(),
        endpoints.toSorted(),
      );

      const scopes = tableIn(page, "| scope | claims |");
      assert.deepEqual([...scopes.keys()], discovered.scopes_supported);
      const claims = [...scopes.values()].flat();
      assert.deepEqual([...claims, "sid", "iss"], discovered.claims_supported);
      for (const [scope, expected] of Object.entries(CLAIMS)) {
        if (scopes.has(scope)) assert.deepEqual(scopes.get(scope), expected);
      }
    } finally {
      await server.close();
    }
  });
});
