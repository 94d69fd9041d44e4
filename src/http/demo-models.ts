// What the pages of the demo need to be drawn, as page-models.ts says it of the others.
import type { TextKey } from "./language.ts";
import type { FormField, Framed } from "./page-models.ts";

export interface SentText {
  // ISO 8601, as in the outbox.
  readonly at: string;
  readonly to: string;
  readonly text: string;
}

export interface DemoLink {
  readonly href: string;
  readonly label: TextKey;
  readonly hint: TextKey | null;
}

export interface DemoModel extends Framed {
  readonly signInLinks: readonly DemoLink[];
  // Newest first.
  readonly texts: readonly SentText[];
  // The login name of the demo user.
  readonly login: string;
}

export interface DemoTokensModel extends Framed {
  readonly idTokenClaims: Readonly<Record<string, unknown>>;
  readonly userinfo: Readonly<Record<string, unknown>>;
  // What is known of the access token: its type, life, scope.
  readonly accessToken: Readonly<Record<string, unknown>>;
  readonly amr: readonly string[];
  readonly acr: string;
  readonly texts: readonly SentText[];
  // Signing out is a POST with these fields.
  readonly logoutAction: string;
  readonly logoutFields: readonly FormField[];
  readonly links: readonly DemoLink[];
}
