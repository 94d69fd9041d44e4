// Options of the benches' command lines, checked.

// The whole number in an option; ends the program with a sentence when it is none.
export function wholeNumber(
  given: Readonly<Record<string, string | boolean | undefined>>,
  name: string,
  { min = 1, max }: { min?: number; max: number },
): number {
  const value = Number(given[name]);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  console.error(`--${name} must be a whole number from ${min} to ${max}`);
  process.exit(1);
}
