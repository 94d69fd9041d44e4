// One check of an installation, as doctor lists it.

export interface Check {
  readonly check: string;
  readonly ok: boolean;
  readonly sentence: string;
}

// All is well, and how it is.
export function passed(check: string, sentence: string): Check {
  return { check, ok: true, sentence };
}

// Something is wrong, and what.
export function failed(check: string, sentence: string): Check {
  return { check, ok: false, sentence };
}

// What an error says.
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
