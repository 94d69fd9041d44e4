// What an SMTP_URL says: where the server is, and who we are to it. It may hold a password: no problem that is
// told quotes it. It has no options: those that the library knows can switch the checks of TLS off.

export interface SmtpServer {
  readonly host: string;
  readonly port: number;
  // TLS from the first byte (smtps); else STARTTLS.
  readonly secure: boolean;
  readonly auth: { readonly user: string; readonly pass: string } | null;
}

// Null for anything but smtp://HOST or smtps://HOST, with a port and credentials or without.
export function parseSmtpUrl(text: string): SmtpServer | null {
  const url = URL.parse(text);
  if (url === null || !/^smtps?:$/.test(url.protocol)) return null;
  if (url.hostname === "" || !/^\/?$/.test(url.pathname) || url.search !== "" || url.hash !== "") {
    return null;
  }
  const secure = url.protocol === "smtps:";
  const [user, pass] = [decoded(url.username), decoded(url.password)];
  if (user === null || pass === null || (user === "" && pass !== "")) return null;
  return {
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? (secure ? 465 : 587) : Number(url.port),
    secure,
    auth: user === "" ? null : { user, pass },
  };
}

function decoded(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}
