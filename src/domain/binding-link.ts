// The link that is mailed before a first phone is bound, where the rules want it: whoever opens it reads the
// mailbox of the account and does not just know its password. Its token is computed, never stored, as codes are.
import { createHmac } from "node:crypto";
import { type WindowBudget, windowBudget } from "./attempt-budget.ts";
import type { CodeKey } from "./code.ts";
import type { Limits } from "./limits.ts";
import type { MailAddress } from "./mail-header.ts";
import { addSeconds, DAY_SECONDS, type Instant } from "./time.ts";

// The link of one interaction. It lives as long as the interaction does.
export interface BindingLink {
  // At least 128 random bits; the token is computed from it.
  readonly id: string;
  readonly keyId: string;
  // Where it goes, and whose it is.
  readonly address: MailAddress;
  // Whether this very link was mailed; another one may have been before it.
  readonly isMailed: boolean;
  // How often one was mailed in this interaction, and when last.
  readonly sends: number;
  readonly lastSentAt: Instant | null;
  // Wrong tokens in this interaction.
  readonly attempts: number;
  // Null: nobody has confirmed it.
  readonly confirmedAt: Instant | null;
  // Why the last mail did not go out, and when one may; null: not in this sign-in.
  readonly unsent: { readonly because: LinkCap; readonly retryAt: Instant | null } | null;
}

export type LinkCap = "link-gap" | "link-interaction-cap" | "link-user-cap";

// One count that a mail with a link adds to, under a key of its own.
export interface LinkBudget extends WindowBudget {
  readonly because: LinkCap;
}

export type LinkLimits = Pick<
  Limits,
  | "mailedLinkGapSeconds"
  | "mailedLinksPerInteraction"
  | "mailedLinksPerUserPerDay"
  | "mailedLinkAttemptsPerInteraction"
>;

// What a token is good for: this link of this user in this interaction, at this address.
export interface LinkOwner {
  readonly uid: string;
  readonly userId: string;
  readonly address: MailAddress;
  readonly id: string;
}

// 256 bits, as they stand in the address.
export function linkTokenFor({ uid, userId, address, id }: LinkOwner, key: Uint8Array): string {
  const owner = JSON.stringify([uid, userId, address, id]);
  return createHmac("sha256", key).update(owner).digest("base64url");
}

// The token under the key that the link remembers; null when that key has gone.
export function findLinkToken(
  owner: LinkOwner,
  keyId: string,
  keys: readonly CodeKey[],
): string | null {
  const found = keys.find(({ id }) => id === keyId);
  return found === undefined ? null : linkTokenFor(owner, found.key);
}

export type LinkVerdict =
  | { readonly outcome: "allowed" }
  | {
      readonly outcome: "link-refused";
      readonly because: LinkCap;
      // Null: not in this sign-in.
      readonly retryAt: Instant | null;
    };

// Whether another mail may go out in this interaction.
export function judgeLinkSend(
  link: Pick<BindingLink, "sends" | "lastSentAt" | "attempts">,
  now: Instant,
  limits: LinkLimits,
): LinkVerdict {
  if (link.sends >= limits.mailedLinksPerInteraction || isLinkDead(link, limits)) {
    return { outcome: "link-refused", because: "link-interaction-cap", retryAt: null };
  }
  const retryAt = linkGapEndsAt(link, limits);
  if (retryAt === null || retryAt <= now) return { outcome: "allowed" };
  return { outcome: "link-refused", because: "link-gap", retryAt };
}

// When the gap after the last mail ends, which doubles with every one; null: there is none to wait for.
export function linkGapEndsAt(
  { sends, lastSentAt }: Pick<BindingLink, "sends" | "lastSentAt">,
  limits: LinkLimits,
): Instant | null {
  if (lastSentAt === null || sends === 0) return null;
  return addSeconds(lastSentAt, limits.mailedLinkGapSeconds * 2 ** (sends - 1));
}

// Whether so many wrong tokens were tried that none is looked at any more.
export function isLinkDead(
  { attempts }: Pick<BindingLink, "attempts">,
  limits: LinkLimits,
): boolean {
  return attempts >= limits.mailedLinkAttemptsPerInteraction;
}

// Whether a link was opened in this interaction that went to this address, the user's verified one.
export function wasLinkOpened(
  link: Pick<BindingLink, "address" | "confirmedAt"> | null | undefined,
  address: MailAddress | null,
): boolean {
  return typeof link?.confirmedAt === "number" && link.address === address;
}

// What a mail counts under beyond its interaction: beginning anew is no way around the gap.
export function linkBudgets(userId: string, limits: LinkLimits): LinkBudget[] {
  const { mailedLinksPerUserPerDay: perDay, mailedLinkGapSeconds: gap } = limits;
  const ofDay = windowBudget(`link-user:${userId}`, { max: perDay, windowSeconds: DAY_SECONDS });
  const ofGap = windowBudget(`link-gap:${userId}`, { max: 1, windowSeconds: gap });
  return [
    { ...ofDay, because: "link-user-cap" },
    ...(gap > 0 ? [{ ...ofGap, because: "link-gap" as const }] : []),
  ];
}

// An address of which nobody who does not know it learns more than they could guess.
export function maskAddress(address: string): string {
  const [local = "", domain = ""] = address.split("@");
  const end = domain.slice(domain.lastIndexOf("."));
  return `${firstOf(local)}•••@${firstOf(domain)}•••${end.length > 1 ? end : ""}`;
}

function firstOf(text: string): string {
  return [...text][0] ?? "";
}
