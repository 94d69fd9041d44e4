// Runs the test files that are named, in this process alone, and tells its parent what came of them. A process
// of its own for each run: a file that was loaded once is not loaded again.
import Mocha from "mocha";

// Against hanging alone: how fast anything is, no test may say of a machine that it shares.
const mocha = new Mocha({ timeout: 60_000, reporter: "dot", color: process.stdout.isTTY });
for (const file of process.argv.slice(2)) mocha.addFile(file);
await mocha.loadFilesAsync();
const runner = mocha.run((failed) => {
  const { passes: passed = 0, pending = 0 } = runner.stats ?? {};
  process.send?.({ passed, failed, pending }, () => process.exit(0));
});
