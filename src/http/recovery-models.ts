// What the pages for who has forgotten the password need to be drawn, as page-models.ts says it of the others.
import type { Framed, Problem } from "./page-models.ts";

// Asking for a link when the password is forgotten.
export interface RecoveryModel extends Framed {
  readonly csrf: string;
  readonly action: string;
  readonly login: string;
  readonly error: Problem<"login"> | null;
  readonly retryAt: number | null;
}

// The same whoever asked, and whatever comes of it.
export interface RecoveryRequestedModel extends Framed {
  readonly lifeMinutes: number;
}

// Where that link leads.
export interface NewPasswordModel extends Framed {
  readonly csrf: string;
  readonly action: string;
  readonly token: string;
  // Of a password that would do here, in characters.
  readonly lengthMin: number;
  readonly error: Problem<"password"> | null;
  readonly retryAt: null;
}

export type RecoveredModel = Framed;

// That link does not work, or not any more.
export interface RecoveryOverModel extends Framed {
  // Where to ask for a new one.
  readonly href: string;
}
