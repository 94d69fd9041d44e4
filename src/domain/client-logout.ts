// An application that is to be told by the back channel that a session of its user ended (OpenID Connect Back-Channel
// Logout 1.0). The token is made when it is sent: it lives two minutes.
import type { Instant } from "./time.ts";

export interface ClientLogout {
  readonly channel: "logout";
  readonly id: string;
  readonly clientId: string;
  readonly userId: string;
  // Of the session, as the application knows it.
  readonly sid: string;
  readonly at: Instant;
}
