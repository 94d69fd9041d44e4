// Whom people can ask for help, and how a sentence names them: what stands in [ ] is said only where somebody is
// configured, and {support} in it is their address.

export interface SupportContact {
  // Absolute, https or http.
  readonly url: string | null;
  readonly email: string | null;
}

// The place in a page where people find help.
export interface SupportLink {
  readonly href: string;
  readonly label: string;
}

// A text of a catalog, with or without what it says only where support is named.
export function withSupportParts(text: string, named: boolean): string {
  return text.replaceAll(/\[([^[\]]*)\]/g, named ? "$1" : "").trim();
}

// A page of help is found sooner than an answer to a mail.
export function supportLinkOf({ url, email }: SupportContact): SupportLink | null {
  if (url !== null) return { href: url, label: plainUrl(url) };
  return email === null ? null : { href: `mailto:${email}`, label: email };
}

// In mails and texts, which hold no links; "" where nobody is named.
export function supportAddressOf({ url, email }: SupportContact): string {
  return email ?? (url === null ? "" : plainUrl(url));
}

function plainUrl(url: string): string {
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`.replace(/\/$/, "");
}
