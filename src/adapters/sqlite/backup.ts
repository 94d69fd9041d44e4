// A copy of the store's file as it was at one instant, while others write to it.
import { closeSync, existsSync, linkSync, openSync, rmSync, statSync } from "node:fs";
import { backup } from "node:sqlite";
import { connect, patiently } from "./database.ts";
import { requireOurFile } from "./schema.ts";

// In one step: it reads one instant, and nobody who writes meanwhile has it begin again.
const ALL_PAGES = 0x7fff_ffff;

export type BackupOutcome =
  | { readonly outcome: "done"; readonly bytes: number }
  // There is a file of that name; it was left as it is.
  | { readonly outcome: "taken" };

// Copies the store in `file` into a new file that only its owner can read. It has its name only once it is whole,
// on the disk and found sound. Throws when the source is not ours, or the copy cannot be made.
export async function backUpFile(file: string, target: string): Promise<BackupOutcome> {
  if (existsSync(target)) return { outcome: "taken" };
  const draft = `${target}.${process.pid}.partial`;
  // Nobody else must be able to read it, not even at first.
  closeSync(openSync(draft, "wx", 0o600));
  try {
    await copyPages(file, draft);
    settle(draft);
    const { size } = statSync(draft);
    return takeName(draft, target) ? { outcome: "done", bytes: size } : { outcome: "taken" };
  } finally {
    rmSync(draft);
  }
}

async function copyPages(file: string, draft: string): Promise<void> {
  // Not read-only: that would leave a log behind, of whoever makes the backup, that the server may not write to.
  const source = connect(file);
  try {
    await patiently(() => requireOurFile(source, file));
    await backup(source, draft, { rate: ALL_PAGES });
  } finally {
    source.close();
  }
}

// Makes it one file, with no log beside it that could get lost, and looks whether it is sound.
function settle(draft: string): void {
  const copy = connect(draft);
  try {
    copy.exec("PRAGMA synchronous = FULL; PRAGMA journal_mode = DELETE");
    const found = String(copy.prepare("PRAGMA integrity_check(1)").get()?.integrity_check);
    if (found !== "ok") throw new Error(`The copy is not sound: ${found}`);
  } finally {
    copy.close();
  }
}

// Of two at once one gets the name, and nothing is ever overwritten.
function takeName(draft: string, target: string): boolean {
  try {
    linkSync(draft, target);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}
