// Chromium as the browser suite runs it, and what is asked of every page in it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { type Browser, chromium, type Page } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string }[];
}

export function launchChromium(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  return chromium.launch({ executablePath, args: ARGS });
}

// Nothing sticks out to the side, and axe finds nothing (it needs scripts itself).
export async function check(page: Page, scripts: boolean): Promise<void> {
  const where = await page.title();
  if (!scripts) return;
  const wide = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return scrollWidth - clientWidth;
  });
  assert.ok(wide <= 0, `${where} is ${wide} px too wide`);
  // Through the debugger, since the page's own policy would refuse a script like this.
  const found: { violations: Violation[] } = await page.evaluate(
    `${AXE}; axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] })`,
  );
  const told = found.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
  assert.deepEqual(told, [], where);
}
