// latchkey doctor: what is wrong with this installation.
import { existsSync } from "node:fs";
import path from "node:path";
import type { Command } from "commander";
import type { Check } from "../src/admin/check.ts";
import { examine } from "../src/admin/doctor.ts";
import { AdminError } from "../src/admin/errors.ts";
import { ConfigError, readConfig } from "../src/config.ts";
import { findDamage, openStorage } from "../src/store-access.ts";
import { readAllTemplates, textFrameOf } from "../src/text-catalog.ts";
import { printList } from "./print.ts";
import { addCommand } from "./run.ts";
import { terminal } from "./terminal.ts";

export function addDoctorCommand(program: Command): void {
  addCommand(program, "doctor", {
    description: "check settings, files, store, keys and clock; exits 1 if anything is wrong",
    examples: ["doctor", "doctor --json"],
  }).action(async () => {
    const checks = await checkAll();
    printList(checks, ["check", "ok", "sentence"]);
    const failed = checks.filter(({ ok }) => !ok).length;
    if (failed > 0) throw new AdminError("failed", `${failed} of ${checks.length} checks failed.`);
  });
}

async function checkAll(): Promise<Check[]> {
  try {
    const config = readConfig(terminal().env);
    const secretFile = path.join(config.dataDir, "secret");
    return await examine({
      ...config,
      now: Date.now,
      secretFile: existsSync(secretFile) ? secretFile : null,
      storeFile: config.store.kind === "sqlite" ? config.store.file : null,
      openStorage: () => openStorage(config),
      findDamage,
      frame: textFrameOf(config),
      ...readAllTemplates(),
    });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return [{ check: "configuration", ok: false, sentence: error.message }];
  }
}
