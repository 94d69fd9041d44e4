// Figures: what many measurements come to, and how they are printed, with their aims.

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

// The smallest value that so large a share of all does not exceed.
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

// The median of several rounds, and their spread.
export function spread(values: readonly number[], digits: number): string {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return `${median(values).toFixed(digits)} (${least.toFixed(digits)} to ${most.toFixed(digits)})`;
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(0)} MB`;
}

export function title(text: string): void {
  console.log(`\n${text}`);
}

export function line(name: string, value: string): void {
  console.log(`  ${name.padEnd(44)} ${value}`);
}

// A figure that has an aim, which is the most that it may be.
export function aim(name: string, value: string, { is, max }: { is: number; max: number }): void {
  line(name, `${value}   aim: ${max} or less, ${is <= max ? "met" : "MISSED"}`);
}
