// An API that applications ask access tokens for: a resource server (RFC 8707) with the scopes that it knows.
import type { Instant } from "./time.ts";

export interface ApiResource {
  // The resource indicator: an absolute URI.
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  // What its access tokens say in `aud`; the id unless it is given.
  readonly audience: string;
  // The claims of a user that its access tokens hold, as far as the application's scope allows them.
  readonly claims: readonly string[];
  readonly createdAt: Instant;
  readonly updatedAt: Instant;
}
