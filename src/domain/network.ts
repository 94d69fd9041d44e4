// Where a request comes from, as far as it matters for counting.
import { isIPv6 } from "node:net";

// The network that one subscriber controls: IPv4 /24, IPv6 /64.
export function networkOf(address: string): string {
  const mapped = address.replace(/^::ffff:(?=\d+\.)/i, "");
  if (!isIPv6(mapped)) return mapped.split(".").slice(0, 3).join(".");
  const [head = "", tail] = mapped.toLowerCase().split("%")[0]?.split("::") ?? [];
  const left = head.split(":").filter(Boolean);
  const right = tail?.split(":").filter(Boolean) ?? [];
  const zeros = Array<string>(Math.max(0, 8 - left.length - right.length)).fill("0");
  return [...left, ...zeros, ...right].slice(0, 4).join(":");
}

// Whether an address is this very machine's.
export function isLoopbackAddress(address: string): boolean {
  const bare = address.replace(/^::ffff:(?=\d+\.)/i, "");
  return bare === "::1" || bare.startsWith("127.");
}
