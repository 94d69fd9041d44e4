// Where this server itself may connect to when an application named the address: the internet, and what is private
// only for hosts that were allowed by name (server-side request forgery, CWE-918).
import ipaddr from "ipaddr.js";

// The hosts that may be at loopback or private addresses; "all" is for development alone.
export type PrivateFetchHosts = "all" | readonly string[];

export type FetchRefusal =
  // Loopback, private or shared address space, and the host is not in the list.
  | "private-address"
  // Link-local, multicast, reserved and the like: never, whatever the list says.
  | "special-use-address";

const PRIVATE_RANGES: readonly string[] = ["loopback", "private", "uniqueLocal", "carrierGradeNat"];

// Global unicast (RFC 4291, 2.4). What else a library calls unicast may hide an IPv4 address.
const IPV6_UNICAST: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse("2000::"), 3];

// Why no connection to this address of the host may be made; null: it may. `host` is a URL's `hostname`.
export function refuseAddress(
  host: string,
  address: string,
  allowed: PrivateFetchHosts,
): FetchRefusal | null {
  const written = inHexadecimal(address);
  if (!ipaddr.isValid(written)) return "special-use-address";
  const parsed = ipaddr.process(written);
  const range = parsed.range();
  if (PRIVATE_RANGES.includes(range)) {
    return mayBePrivate(host, allowed) ? null : "private-address";
  }
  if (range !== "unicast") return "special-use-address";
  const isPublic = parsed instanceof ipaddr.IPv4 || parsed.match(...IPV6_UNICAST);
  return isPublic ? null : "special-use-address";
}

// The same for what a host says of itself, before any name is resolved; null: it may be reachable.
export function refuseHost(host: string, allowed: PrivateFetchHosts): FetchRefusal | null {
  const bare = bareHost(host);
  if (ipaddr.isValid(bare)) return refuseAddress(host, bare, allowed);
  // RFC 6761, 6.3: these names are loopback.
  const isLoopback = bare === "localhost" || bare.endsWith(".localhost");
  return isLoopback && !mayBePrivate(host, allowed) ? "private-address" : null;
}

// A URL's host as an address is written: IPv6 without brackets, no dot at the end.
export function bareHost(host: string): string {
  return host
    .replace(/^\[|\]$/g, "")
    .replace(/\.$/, "")
    .toLowerCase();
}

// The library takes "::8.8.8.8" for "::ffff:8.8.8.8", which is another address.
function inHexadecimal(address: string): string {
  if (!address.includes(":")) return address;
  return bareHost(URL.parse(`http://[${address}]`)?.hostname ?? "");
}

function mayBePrivate(host: string, allowed: PrivateFetchHosts): boolean {
  return allowed === "all" || allowed.includes(bareHost(host));
}
