// What a browser says that it is, for people: "Firefox, Linux". Anybody can send anything, so it is a hint and no proof.
import Bowser from "bowser";

// What is longer is no browser's.
const USER_AGENT_MAX = 512;
const NAME_MAX = 40;

// The name in a User-Agent header; undefined where it names none that is known.
export function browserNameOf(userAgent: string | undefined): string | undefined {
  if (!userAgent || userAgent.length > USER_AGENT_MAX) return undefined;
  const { browser, os } = Bowser.parse(userAgent);
  if (!browser.name) return undefined;
  const name = os.name ? `${browser.name}, ${os.name}` : browser.name;
  // A name that is not in the library's list is the sender's own.
  return /^[A-Za-z0-9 .,_/-]+$/.test(name) ? name.slice(0, NAME_MAX) : undefined;
}
