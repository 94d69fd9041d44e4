// The cookie by which a browser is known again: a random id, signed, which says nothing and opens nothing.
// Without it a sign-in is told to its user as one from a new browser.
import type { Context } from "koa";

const NAME = "latchkey_device";

// As long as browsers keep a cookie at most.
const LIFE_MS = 400 * 86_400_000;

const ID = /^[\w-]{16,64}$/;

export function deviceIdOf(ctx: Context): string | null {
  const id = ctx.cookies.get(nameFor(ctx), { signed: true });
  return id !== undefined && ID.test(id) ? id : null;
}

export function keepDeviceId(ctx: Context, id: string): void {
  const options = { signed: true, httpOnly: true, sameSite: "lax", maxAge: LIFE_MS } as const;
  ctx.cookies.set(nameFor(ctx), id, { ...options, path: "/" });
}

// With https it is bound to this host (RFC 6265bis, 4.1.3.2); Koa makes it Secure there.
function nameFor(ctx: Context): string {
  return ctx.secure ? `__Host-${NAME}` : NAME;
}
