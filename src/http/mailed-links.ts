// The addresses of links that are mailed, computed when the mail is composed: neither they nor their tokens are stored.
import { findLinkToken } from "../domain/binding-link.ts";
import type { CodeKey } from "../domain/code.ts";
import type { Mail } from "../domain/mail.ts";
import { findRecoveryToken } from "../domain/recovery.ts";
import { basePathOf } from "../oidc/provider.ts";

// Finds the link that a mail is to hold; null when it is to hold none, or the key of its token has gone.
export type FindLink = (mail: Mail) => string | null;

export function createLinkFinder(issuer: string, keys: readonly CodeKey[]): FindLink {
  const ours = `${new URL(issuer).origin}${basePathOf(issuer)}`;
  return ({ notice, userId, to: address }) => {
    if (notice.kind === "binding-link") {
      const { uid, linkId: id, keyId } = notice;
      const token = findLinkToken({ uid, userId, address, id }, keyId, keys);
      return token && `${ours}/interaction/${encodeURIComponent(uid)}/link?token=${token}`;
    }
    if (notice.kind !== "recovery-link") return null;
    const { linkId: id, keyId } = notice;
    const token = findRecoveryToken({ userId, address, id }, keyId, keys);
    return token && `${ours}${recoveryPath(userId, id)}?token=${token}`;
  };
}

// Where a link to recover an account leads, below the issuer's path.
export function recoveryPath(userId: string, id: string): string {
  return `/recovery/${encodeURIComponent(userId)}/${encodeURIComponent(id)}`;
}
