// The browsers that a user has signed in with, and the networks from which: a sign-in from another browser is told, and
// while somebody guesses a password, they are not in the guesser's queue. A browser is known by a random id of its own,
// a network by its prefix, both by a keyed index alone; nothing else is remembered of them.
import { addSeconds, type Instant } from "./time.ts";

export interface KnownDevice {
  // The index, as only this user's list can tell it.
  readonly key: string;
  readonly seenAt: Instant;
  // Absent: a browser.
  readonly kind?: "network" | undefined;
}

// Where a sign-in comes from.
export interface Origin {
  readonly browser: string;
  readonly network: string;
}

export interface DeviceVerdict {
  // "first": none is remembered. That one is not news.
  readonly device: "known" | "new" | "first";
  readonly network: "known" | "new";
  // Whether they are to be remembered, for the first time or again.
  readonly remember: boolean;
}

const BROWSERS_MAX = 20;
const NETWORKS_MAX = 10;
// Longer than browsers keep a cookie.
export const DEVICE_LIFE_SECONDS = 34_560_000;
// Networks change hands.
const NETWORK_LIFE_SECONDS = 7_776_000;
// Not with every sign-in.
const REMEMBER_AGAIN_SECONDS = 86_400;

export function judgeDevice(
  known: readonly KnownDevice[],
  origin: Origin,
  now: Instant,
): DeviceVerdict {
  const alive = remembered(known, now);
  const browsers = alive.filter(({ kind }) => kind === undefined);
  const browser = browsers.find(({ key }) => key === origin.browser);
  const network = alive.find(({ kind, key }) => kind === "network" && key === origin.network);
  const isStale = ({ seenAt }: KnownDevice) => now >= addSeconds(seenAt, REMEMBER_AGAIN_SECONDS);
  return {
    device: browser !== undefined ? "known" : browsers.length > 0 ? "new" : "first",
    network: network !== undefined ? "known" : "new",
    remember:
      browser === undefined || network === undefined || isStale(browser) || isStale(network),
  };
}

// The list with this browser and this network in it, those that were not seen for longest left out.
export function withDevice(
  known: readonly KnownDevice[],
  origin: Origin,
  now: Instant,
): KnownDevice[] {
  const alive = remembered(known, now);
  const others = (kind: KnownDevice["kind"], key: string) =>
    alive.filter((each) => each.kind === kind && each.key !== key);
  return [
    ...others(undefined, origin.browser).slice(1 - BROWSERS_MAX),
    { key: origin.browser, seenAt: now },
    ...others("network", origin.network).slice(1 - NETWORKS_MAX),
    { key: origin.network, seenAt: now, kind: "network" },
  ];
}

function remembered(known: readonly KnownDevice[], now: Instant): KnownDevice[] {
  const lifeOf = ({ kind }: KnownDevice) =>
    kind === "network" ? NETWORK_LIFE_SECONDS : DEVICE_LIFE_SECONDS;
  return known.filter((each) => addSeconds(each.seenAt, lifeOf(each)) > now);
}
