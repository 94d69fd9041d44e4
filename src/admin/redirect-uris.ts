// Which addresses an application may name for the browser, or for us, to go to. Whatever may stand
// here receives codes; so it is https, or this very machine, or a native application's own scheme.
import { isIP } from "node:net";

// "shown": in a page, as a link or an image.
export type UriPurpose = "redirect" | "post-logout" | "backchannel-logout" | "shown";

const URI_LENGTH_MAX = 2048;

// The characters of RFC 3986, 2, without the fragment's # and the wildcard *. The engine's parser
// would drop others silently, and what is compared would not be what was registered.
const URI = /^[A-Za-z0-9:/?[\]@!$&'()+,;=._~%-]+$/;

// A domain name in reverse. Schemes on which a browser acts by itself (javascript, data) have no dot.
const PRIVATE_SCHEME = /^[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:$/;

// Why an address is refused, as the rest of a sentence that begins with it; null: it may stand.
export function refuseUri(
  uri: string,
  purpose: UriPurpose,
  applicationType: "web" | "native",
): string | null {
  if (uri.length > URI_LENGTH_MAX) return `is longer than ${URI_LENGTH_MAX} characters`;
  if (uri.includes("#")) return "must not have a fragment";
  if (uri.includes("*")) return "must not have a wildcard";
  if (!URI.test(uri)) return "has characters that a URI cannot have";
  const parsed = URL.parse(uri);
  if (parsed === null) return "is not an absolute URI";
  if (parsed.username !== "" || parsed.password !== "") return "must not have credentials";

  if (purpose === "shown") return refuseShown(parsed);
  switch (parsed.protocol) {
    case "https:":
      // RFC 8252, 7.2: claimed https addresses are an application's own.
      return applicationType === "native" && purpose !== "backchannel-logout" && isHere(parsed)
        ? "must be http when a native application listens on loopback"
        : null;
    case "http:":
      return mayBeHttp(parsed, applicationType) ? null : "must be https, unless it is on loopback";
    default:
      return refuseScheme(parsed.protocol, purpose, applicationType);
  }
}

// Its host also stands in a content security policy, which other characters would take apart.
function refuseShown({ protocol, hostname }: URL): string | null {
  if (protocol !== "https:") return "must be https";
  return /^[a-z0-9.-]+$/.test(hostname) ? null : "must have a plain host name";
}

function refuseScheme(
  protocol: string,
  purpose: UriPurpose,
  applicationType: "web" | "native",
): string | null {
  if (purpose === "backchannel-logout") return "must be https, or http on loopback";
  if (applicationType === "web") return "must be https, or http on loopback, for a web application";
  // RFC 8252, 7.1: a scheme of one's own is a domain name in reverse.
  return PRIVATE_SCHEME.test(protocol)
    ? null
    : "must have a scheme with a dot in it (com.example.app)";
}

// The engine knows a native application's loopback by these three names alone.
function mayBeHttp(url: URL, applicationType: "web" | "native"): boolean {
  if (applicationType === "web") return isHere(url);
  return ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname);
}

function isHere(url: URL): boolean {
  const host = url.hostname;
  return host === "localhost" || host === "[::1]" || (isIP(host) === 4 && host.startsWith("127."));
}
