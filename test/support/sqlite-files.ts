// Where tests of the embedded store keep their files.
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const SECRETS = ["a-secret-for-tests-of-32-bytes-or-more"];

// A new directory; whoever asks removes it.
export function temporaryDirectory(): string {
  return mkdtempSync(join(tmpdir(), "latchkey-sqlite-"));
}
