// An application as the engine wants its client (RFC 7591), and back.
import type { AdapterPayload } from "oidc-provider";
import type { Application } from "../domain/application.ts";
import { SCOPES } from "./claims.ts";

// What RFC 7591 has no name for and the engine hands on to us.
export const OWN_METADATA: string[] = [
  ...["id_token_claims", "resource_server", "require_pkce", "security_profile"],
];

const cache = new WeakMap<Application, AdapterPayload>();

// The engine's metadata of an application. The same object for the same application, which the store
// gives out for as long as nothing has changed.
export function clientMetadataOf(application: Application): AdapterPayload {
  const known = cache.get(application);
  if (known !== undefined) return known;
  const { scope, ...others } = application.metadata;
  const metadata = Object.fromEntries(
    Object.entries({ ...others, scope: standardScopeOf(scope) }).filter(
      ([, value]) => value !== undefined,
    ),
  );
  cache.set(application, metadata);
  return metadata;
}

// The engine checks these by itself, and knows no others; which scopes of an API an application may have is what
// resources.ts says of that API.
function standardScopeOf(scope: string): string | undefined {
  const standard = scope.split(" ").filter((each) => SCOPES.includes(each));
  return standard.length === 0 ? undefined : standard.join(" ");
}
