// The keys that derive from SECRET: one of each kind for each secret, the first of which makes, all of
// which check.
import type { CodeKey } from "./domain/code.ts";
import { deriveKey } from "./domain/vault.ts";

export interface DerivedKeys {
  readonly cookieKeys: readonly string[];
  readonly csrfKeys: readonly Uint8Array[];
  readonly codeKeys: readonly CodeKey[];
  // For the tokens of mailed links.
  readonly linkKeys: readonly CodeKey[];
}

export function deriveKeys(secrets: readonly string[]): DerivedKeys {
  return {
    cookieKeys: secrets.map((secret) => deriveKey(secret, "cookies").toString("base64url")),
    csrfKeys: secrets.map((secret) => deriveKey(secret, "csrf")),
    codeKeys: secrets.map((secret) => ({
      id: deriveKey(secret, "code-key-id").toString("base64url").slice(0, 8),
      key: deriveKey(secret, "codes"),
    })),
    linkKeys: secrets.map((secret) => ({
      id: deriveKey(secret, "link-key-id").toString("base64url").slice(0, 8),
      key: deriveKey(secret, "links"),
    })),
  };
}
