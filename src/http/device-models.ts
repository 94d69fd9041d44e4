// What the pages of the device flow need to be drawn, as page-models.ts says it of the others.
import type { Framed, Problem } from "./page-models.ts";

// Where the code is typed that a device shows.
export interface UserCodeModel extends Framed {
  readonly action: string;
  // The engine's own token of this browser's session.
  readonly xsrf: string;
  readonly userCode: string;
  readonly error: Problem<"user_code"> | null;
  readonly retryAt: null;
}

// Whether that is the device, and what its application asks for.
export interface UserCodeConfirmationModel extends Framed {
  readonly action: string;
  readonly xsrf: string;
  readonly userCode: string;
  readonly scopes: readonly string[];
}

export interface DeviceEndModel extends Framed {
  readonly isConnected: boolean;
}
