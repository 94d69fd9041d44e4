// What the engine says by itself: it prints, and has no setting for that. Its lines are known by how they begin;
// whatever else is printed stays as it is.
import { stripVTControlCharacters } from "node:util";

const LINE = /^oidc-provider (?:NOTICE|WARNING): (.*)$/s;

// Hands the engine's lines on from now on, for this process. Returns how to stop that.
export function catchEngineNotices(
  handOn: (level: "info" | "warn", notice: string) => void,
): () => void {
  const { info, warn } = console;
  const into =
    (level: "info" | "warn", print: typeof console.info): typeof console.info =>
    (...printed: unknown[]) => {
      const [, notice] = LINE.exec(stripVTControlCharacters(String(printed[0]))) ?? [];
      if (notice === undefined) print(...printed);
      else handOn(level, notice);
    };
  console.info = into("info", info);
  console.warn = into("warn", warn);
  return () => void Object.assign(console, { info, warn });
}
