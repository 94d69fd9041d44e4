// Refuses what this server could never reach, before an application relies on it.
import { type PrivateFetchHosts, refuseHost } from "../domain/fetch-policy.ts";
import type { ApplicationSettings } from "./application-options.ts";
import { AdminError } from "./errors.ts";

// Throws AdminError "usage". What a name resolves to is looked at when it is called, each time.
export function requireReachable(
  { backchannelLogoutUri, jwksUri }: Pick<ApplicationSettings, "backchannelLogoutUri" | "jwksUri">,
  { privateFetchHosts }: { readonly privateFetchHosts: PrivateFetchHosts },
): void {
  requireOne("The back-channel logout URI", backchannelLogoutUri, privateFetchHosts);
  requireOne("The address of the keys", jwksUri, privateFetchHosts);
}

function requireOne(
  name: string,
  uri: string | null | undefined,
  privateFetchHosts: PrivateFetchHosts,
): void {
  const url = uri ? URL.parse(uri) : null;
  // What is no address at all is refused elsewhere.
  const refusal = url && refuseHost(url.hostname, privateFetchHosts);
  if (refusal === null || url === null) return;
  const called = `${name} ${JSON.stringify(uri)}`;
  throw new AdminError(
    "usage",
    refusal === "private-address"
      ? `${called} is at a private address; if it is to be reached, name ${url.hostname} in PRIVATE_FETCH_HOSTS.`
      : `${called} is at an address that is never connected to.`,
  );
}
