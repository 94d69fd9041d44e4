// What a browser says that it is, for people: "Firefox, Linux". Anybody can send anything, so it is a hint and no proof.
import Bowser from "bowser";

// What is longer is no browser's.
const USER_AGENT_MAX = 512;

// For what it does not know, the library hands back the sender's own words: no mail may hold those.
const KNOWN: ReadonlySet<string> = new Set(
  [Bowser.BROWSER_MAP, Bowser.OS_MAP].flatMap((names) => Object.values(names)),
);

// The name in a User-Agent header; undefined where it names none that is known.
export function browserNameOf(userAgent: string | undefined): string | undefined {
  if (!userAgent || userAgent.length > USER_AGENT_MAX) return undefined;
  const { browser, os } = Bowser.parse(userAgent);
  if (!browser.name || !KNOWN.has(browser.name)) return undefined;
  return os.name && KNOWN.has(os.name) ? `${browser.name}, ${os.name}` : browser.name;
}
