// The address of a link that is mailed, computed when the mail is composed: neither it nor its token is stored.
import { findLinkToken } from "../domain/binding-link.ts";
import type { CodeKey } from "../domain/code.ts";
import type { Mail } from "../domain/mail.ts";
import { basePathOf } from "../oidc/provider.ts";

// Finds the link that a mail is to hold; null when it is to hold none, or the key of its token has gone.
export type FindLink = (mail: Mail) => string | null;

export function createLinkFinder(issuer: string, keys: readonly CodeKey[]): FindLink {
  const interactions = `${new URL(issuer).origin}${basePathOf(issuer)}/interaction`;
  return ({ notice, userId, to: address }) => {
    if (notice.kind !== "binding-link") return null;
    const { uid, linkId: id, keyId } = notice;
    const token = findLinkToken({ uid, userId, address, id }, keyId, keys);
    return token && `${interactions}/${encodeURIComponent(uid)}/link?token=${token}`;
  };
}
