// The generated secret of the embedded store, in a file that only its owner can read.
import { randomBytes } from "node:crypto";
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

// Reads the secret in this directory, making it if there is none. Beside a store that is there already none is made,
// for it would be another one than the store's. Throws an error whose message says which setting is wrong.
export function readOrMakeSecret(dataDir: string, store: string): string {
  const file = path.join(dataDir, "secret");
  if (!existsSync(file) && existsSync(store)) {
    throw new Error(
      `SECRET: ${file} is missing beside the store ${store}; restore it, or set SECRET to what the store was made with`,
    );
  }
  try {
    if (!existsSync(file)) makeSecret(dataDir, file);
  } catch {
    throw new Error(`DATA_DIR: cannot write to ${dataDir}`);
  }
  const secret = readFileSync(file, "utf8").trim();
  if (Buffer.byteLength(secret) < 32) {
    throw new Error(`SECRET: ${file} holds no secret of at least 32 bytes`);
  }
  return secret;
}

// Written whole under another name and then linked: of two first starts at once, one makes it and both
// read the same.
function makeSecret(dataDir: string, file: string): void {
  const draft = path.join(dataDir, `secret.${process.pid}`);
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  writeFileSync(draft, `${randomBytes(48).toString("base64url")}\n`, { mode: 0o600 });
  linkUnlessThere(draft, file);
  rmSync(draft);
}

function linkUnlessThere(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
}
