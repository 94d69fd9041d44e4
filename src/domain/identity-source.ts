// The ways to prove who one is in the first step.

// Built in. Configured sources (upstream OpenID providers) come on top of these.
export const BUILT_IN_SOURCES = ["password", "sms", "scan"] as const;

// The one that nearly everybody signs in with.
export const DEFAULT_SOURCE: BuiltInSource = "password";

export type BuiltInSource = (typeof BUILT_IN_SOURCES)[number];

// Whether an id names an identity source that exists.
export function isIdentitySource(id: string): id is BuiltInSource {
  return BUILT_IN_SOURCES.some((source) => source === id);
}
