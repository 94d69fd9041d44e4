// Runs the test files that are named, some at once in processes of their own, and tells its parent what came of them.
// A process of its own for each run: a file that was loaded once is not loaded again.
import Mocha from "mocha";

const JOBS = Number(process.env.TEST_JOBS ?? 2);

const { constants } = Mocha.Runner;

// A line for each file that is done, so that whoever waits sees how far it is.
class FileReporter extends Mocha.reporters.Base {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    const files = process.argv.length - 2;
    const seen = new Map<string, { passed: number; failed: number; ms: number }>();
    let last: string | undefined;
    const tellLast = () => {
      const of = last === undefined ? undefined : seen.get(last);
      if (last === undefined || of === undefined) return;
      const name = last.slice(last.lastIndexOf("/test/") + 1);
      const failed = of.failed > 0 ? `, ${of.failed} FAILED` : "";
      const seconds = (of.ms / 1000).toFixed(1);
      console.log(`[${seen.size}/${files}] ${name}: ${of.passed} passed${failed} (${seconds} s)`);
    };
    // The events of a file come together.
    const count = (test: Mocha.Runnable, outcome: "passed" | "failed") => {
      if (test.file !== last) tellLast();
      last = test.file;
      const of = seen.get(last ?? "") ?? { passed: 0, failed: 0, ms: 0 };
      of[outcome]++;
      of.ms += test.duration ?? 0;
      seen.set(last ?? "", of);
    };
    runner.on(constants.EVENT_TEST_PASS, (test) => count(test, "passed"));
    runner.on(constants.EVENT_TEST_FAIL, (test) => count(test, "failed"));
    runner.once(constants.EVENT_RUN_END, () => {
      tellLast();
      this.epilogue();
    });
  }
}

// Against hanging alone: how fast anything is, no test may say of a machine that it shares.
const mocha = new Mocha({
  timeout: 60_000,
  reporter: FileReporter,
  color: process.stdout.isTTY,
  ...(JOBS > 1 && { parallel: true, jobs: JOBS }),
});
for (const file of process.argv.slice(2)) mocha.addFile(file);
await mocha.loadFilesAsync();
const runner = mocha.run((failed) => {
  const { passes: passed = 0, pending = 0 } = runner.stats ?? {};
  process.send?.({ passed, failed, pending }, () => process.exit(0));
});
