// bcrypt in threads of its own: it is computed in JavaScript, for a second and more, in which the main thread would
// answer nobody. Who calls says how many run at once; a thread is kept for the next check.
import { Worker } from "node:worker_threads";
import { UnavailableError } from "../../ports/errors.ts";

export type CheckBcrypt = (hash: string, password: string) => Promise<boolean>;

export function createBcryptThreads(start: () => Worker = startThread): CheckBcrypt {
  const idle = new Set<Worker>();

  return async (hash, password) => {
    const [thread = startListed(start, idle)] = idle;
    idle.delete(thread);
    const matches = await ask(thread, { hash, password });
    idle.add(thread);
    return matches;
  };
}

// One that dies, idle or not, is never asked again; the next check starts another.
function startListed(start: () => Worker, idle: Set<Worker>): Worker {
  const thread = start();
  thread.on("exit", () => idle.delete(thread));
  // What it was is told to who waits; without a listener it would end the process.
  thread.on("error", () => {});
  return thread;
}

// Only its own "true" is a match; a thread that ends without an answer is an error.
function ask(thread: Worker, question: { hash: string; password: string }): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const onEnd = (cause: unknown) => {
      const options = cause instanceof Error ? { cause } : {};
      reject(new UnavailableError("password-hasher", "a bcrypt thread ended", options));
    };
    thread.once("error", onEnd);
    thread.once("exit", onEnd);
    thread.once("message", (answer: unknown) => {
      thread.off("error", onEnd);
      thread.off("exit", onEnd);
      // An idle thread keeps no process alive.
      thread.unref();
      resolve(answer === true);
    });
    thread.ref();
    thread.postMessage(question);
  });
}

// Without the environment of the process, which may hold secrets.
function startThread(): Worker {
  return new Worker(new URL("./bcrypt-thread.ts", import.meta.url), { env: {}, execArgv: [] });
}
