// The test command: finds out what this machine can run, runs it, and says plainly what it could not.
// With CI=true, a suite that was left out is a failure.
import { existsSync, globSync } from "node:fs";
import Mocha from "mocha";

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";

interface Suite {
  readonly name: string;
  readonly files: string;
  // Why it cannot run here; null: it can.
  readonly missing: string | null;
}

const SUITES: readonly Suite[] = [
  { name: "domain", files: "test/domain/*.test.ts", missing: null },
  { name: "adapters", files: "test/adapters/*.test.ts", missing: null },
  { name: "admin", files: "test/admin/*.test.ts", missing: null },
  { name: "command line", files: "test/scripts/*.test.ts", missing: null },
  { name: "pages", files: "test/http/*.test.ts", missing: null },
  { name: "journeys", files: "test/journey/*.test.ts", missing: null },
  { name: "attacks", files: "test/attacks/*.test.ts", missing: null },
  { name: "crashes", files: "test/crash/*.test.ts", missing: null },
  {
    name: "browser",
    files: "test/browser/*.test.ts",
    missing: existsSync(CHROMIUM) ? null : `no Chromium at ${CHROMIUM} (set CHROMIUM)`,
  },
];

const wanted = process.argv.slice(2);
const chosen = SUITES.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
const left = chosen.filter(({ missing }) => missing !== null);

const mocha = new Mocha({ timeout: 20_000, reporter: "dot", color: process.stdout.isTTY });
for (const { files } of chosen.filter(({ missing }) => missing === null)) {
  for (const file of globSync(files).toSorted()) mocha.addFile(file);
}
await mocha.loadFilesAsync();
const runner = mocha.run((failures) => {
  for (const { name, missing } of left) console.log(`not run: ${name}: ${missing}`);
  const { passes = 0, pending = 0 } = runner.stats ?? {};
  console.log(`${passes} passed, ${failures} failed, ${pending + left.length} skipped`);
  const incomplete = process.env.CI === "true" && left.length > 0;
  if (incomplete) console.log("a suite was left out, which CI does not accept");
  process.exit(failures > 0 || passes === 0 || incomplete ? 1 : 0);
});
