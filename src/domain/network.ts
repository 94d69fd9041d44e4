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
  const parsed = parseAddress(address);
  if (parsed === null) return "unknown";
  if (isIP(parsed) === 4) return parsed.split(".").slice(0, 3).join(".");
  const [head = "", tail] = parsed.split("::");
  const left = head.split(":").filter(Boolean);
  const right = tail?.split(":").filter(Boolean) ?? [];
  const zeros = Array<string>(Math.max(0, 8 - left.length - right.length)).fill("0");
  return [...left, ...zeros, ...right].slice(0, 4).join(":");
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
