// Where a request comes from, as far as it matters for counting.
import { isIP, SocketAddress } from "node:net";

// An address in the one form under which it is counted: IPv4 also where it came as IPv4-mapped IPv6, IPv6 as
// RFC 5952 writes it; a port and a zone are left out. Null: it is no address.
export function parseAddress(text: string): string | null {
  const bare = withoutPort(text.trim()).replace(/%.*$/s, "");
  const family = isIP(bare);
  if (family !== 6) return family === 4 ? bare : null;
  const { address } = new SocketAddress({ address: bare, family: "ipv6" });
  return address.replace(/^::ffff:(?=\d+\.)/, "");
}

// The network that one subscriber controls: IPv4 /24, IPv6 /64. What is no address shares one network.
export function networkOf(address: string): string {
  return networkLevels(address)[0].network;
}

export interface NetworkLevel {
  readonly network: string;
  // "own": what networkOf says. The others are of IPv6 alone, where one site has thousands of those (RFC 6177).
  readonly level: "own" | "/56" | "/48";
}

// That network and the wider ones around it.
export function networkLevels(address: string): [NetworkLevel, ...NetworkLevel[]] {
  const parsed = parseAddress(address);
  if (parsed === null) return [{ network: "unknown", level: "own" }];
  if (isIP(parsed) === 4) {
    return [{ network: parsed.split(".").slice(0, 3).join("."), level: "own" }];
  }
  const [head = "", tail] = parsed.split("::");
  const left = head.split(":").filter(Boolean);
  const right = tail?.split(":").filter(Boolean) ?? [];
  const zeros = Array<string>(Math.max(0, 8 - left.length - right.length)).fill("0");
  const groups = [...left, ...zeros, ...right].slice(0, 4);
  const site = groups.slice(0, 3).join(":");
  const subnet = Number.parseInt(groups[3] ?? "0", 16);
  return [
    { network: groups.join(":"), level: "own" },
    { network: `${site}:${(subnet & 0xff00).toString(16)}/56`, level: "/56" },
    { network: `${site}/48`, level: "/48" },
  ];
}

// Whether an address is this very machine's.
export function isLoopbackAddress(address: string): boolean {
  const parsed = parseAddress(address);
  return parsed !== null && (parsed === "::1" || parsed.startsWith("127."));
}

// [IPv6]:port and IPv4:port, as some proxies write them (RFC 7239, 6).
function withoutPort(text: string): string {
  const [, v6, v4] = /^(?:\[([^\]]*)\](?::\d+)?|([\d.]+):\d+)$/.exec(text) ?? [];
  return v6 ?? v4 ?? text;
}
