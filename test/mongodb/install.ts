// Builds the server that stands in for MongoDB in tests (see README.md) into a cache outside the tree, keyed by what it
// is built from: a second run does nothing. Run as a program, it builds it and says so.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { promisify, stripVTControlCharacters } from "node:util";

const HERE = import.meta.dirname;
const JAVA_SOURCES = ["Launcher.java", "IdIndexBackend.java"].map((name) => path.join(HERE, name));
// A machine without network must not hang.
const DOWNLOAD_SECONDS_MAX = 180;
const COMPILE_SECONDS_MAX = 120;
const JAVA_OPTIONS = [
  // Compiled quickly rather than well: a server of a test lives for seconds.
  "-XX:TieredStopAtLevel=1",
  // With more threads, the document that findAndModify answers with can show what another did just after:
  // it is the stored one and not a copy, and is encoded once the collection is unlocked.
  "-Dio.netty.eventLoopThreads=1",
];
const NEEDS_JAVA = "install a JDK 17 and Maven";

// What to run, or why it cannot be run here.
export type Prepared =
  | { readonly command: string; readonly args: readonly string[]; readonly missing: null }
  | { readonly missing: string };

// Asked once in a process, however many test files ask.
let mongoJavaServer: Promise<Prepared> | undefined;

export function prepareMongoJavaServer(): Promise<Prepared> {
  mongoJavaServer ??= orMissing(async () => {
    await demandJava();
    const built = await build({
      name: "mongo-java-server",
      inputs: [path.join(HERE, "pom.xml"), ...JAVA_SOURCES],
      into: buildMongoJavaServer,
    });
    const classPath = [path.join(built, "classes"), path.join(built, "lib", "*")];
    const args = [...JAVA_OPTIONS, "-cp", classPath.join(path.delimiter), "Launcher"];
    return { command: "java", args, missing: null };
  });
  return mongoJavaServer;
}

// A machine that lacks something is an answer, not an error.
async function orMissing(prepare: () => Promise<Prepared>): Promise<Prepared> {
  try {
    return await prepare();
  } catch (error) {
    return { missing: error instanceof Error ? error.message : String(error) };
  }
}

async function demandJava(): Promise<void> {
  const text = await run("java", ["-version"], { needs: NEEDS_JAVA, secondsMax: 30 });
  const major = Number(/version "(\d+)/.exec(text)?.[1]);
  if (!(major >= 17)) throw new Error(`Java 17 or newer is needed (${NEEDS_JAVA})`);
}

async function buildMongoJavaServer(directory: string): Promise<void> {
  // Both are asked for before anything is downloaded for them.
  for (const tool of ["mvn", "javac"]) {
    await run(tool, ["-version"], { needs: NEEDS_JAVA, secondsMax: 30 });
  }
  console.error("building mongo-java-server, once; this can take minutes");
  const lib = path.join(directory, "lib");
  const pom = path.join(HERE, "pom.xml");
  await run(
    "mvn",
    ["-q", "-B", "-f", pom, "dependency:copy-dependencies", `-DoutputDirectory=${lib}`],
    { needs: NEEDS_JAVA, secondsMax: DOWNLOAD_SECONDS_MAX },
  );
  const target = ["--release", "17", "-cp", path.join(lib, "*"), "-d"];
  await run("javac", [...target, path.join(directory, "classes"), ...JAVA_SOURCES], {
    needs: NEEDS_JAVA,
    secondsMax: COMPILE_SECONDS_MAX,
  });
}

interface Build {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly into: (directory: string) => Promise<void>;
}

// The directory of a finished build. It appears under its name in one step: a build that was broken off
// leaves nothing that could be taken for one.
async function build({ name, inputs, into }: Build): Promise<string> {
  const hash = createHash("sha256");
  for (const input of inputs) hash.update(`${path.basename(input)}\0`).update(readFileSync(input));
  const cache = cacheDirectory();
  const finished = path.join(cache, `${name}-${hash.digest("hex").slice(0, 16)}`);
  if (existsSync(finished)) return finished;

  mkdirSync(cache, { recursive: true });
  const unfinished = mkdtempSync(path.join(cache, ".unfinished-"));
  try {
    await into(unfinished);
    renameSync(unfinished, finished);
  } catch (error) {
    // Somebody else who built the same was faster.
    if (!existsSync(finished)) throw error;
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return finished;
}

function cacheDirectory(): string {
  const { LATCHKEY_TEST_CACHE, XDG_CACHE_HOME } = process.env;
  if (LATCHKEY_TEST_CACHE) return path.resolve(LATCHKEY_TEST_CACHE);
  return path.join(XDG_CACHE_HOME || path.join(homedir(), ".cache"), "latchkey-tests");
}

interface RunOptions {
  // What to install if the command does not exist.
  readonly needs: string;
  readonly secondsMax: number;
}

// Runs a tool and returns what it prints; throws a sentence when that does not work.
async function run(command: string, args: string[], options: RunOptions): Promise<string> {
  try {
    const { stdout, stderr } = await promisify(execFile)(command, args, {
      cwd: HERE,
      timeout: options.secondsMax * 1000,
      killSignal: "SIGKILL",
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout + stderr;
  } catch (error) {
    throw new Error(sentenceFor(command, error as ToolFailure, options), { cause: error });
  }
}

type ToolFailure = Error & { code?: unknown; killed?: boolean; stdout?: string; stderr?: string };

function sentenceFor(command: string, failure: ToolFailure, options: RunOptions): string {
  if (failure.code === "ENOENT") return `no ${TOOL_NAMES[command] ?? command} (${options.needs})`;
  const name = TOOL_NAMES[command] ?? command;
  if (failure.killed) return `${name} did not finish within ${options.secondsMax} s (no network?)`;
  // Maven complains on standard output, the others on standard error.
  const [printed = [], complained = []] = [failure.stdout, failure.stderr].map((text) =>
    stripVTControlCharacters(text ?? "").split("\n"),
  );
  const line =
    printed.find((l) => l.startsWith("[ERROR]")) ?? complained.find(Boolean) ?? failure.message;
  return `${name} failed: ${line.slice(0, 300)}`;
}

const TOOL_NAMES: Readonly<Record<string, string>> = {
  java: "Java",
  javac: "Java compiler",
  mvn: "Maven",
};

if (import.meta.main) {
  const { missing } = await prepareMongoJavaServer();
  console.log(`mongo-java-server: ${missing ?? "ready"}`);
  if (missing !== null) process.exitCode = 1;
}
