// The cookie that forms of browsers are bound to which are in no interaction: a random id, signed. A form is its
// browser's own when its token is that of this id.
import type { Context } from "koa";
import { AppError } from "./errors.ts";
import { formField } from "./form.ts";
import type { Web } from "./web.ts";

const NAME = "latchkey_form";
const ID = /^[\w-]{16,64}$/;

// The token for a form on a page of this browser, which gets the cookie if it has none.
export function ownFormToken(web: Web, ctx: Context): string {
  const known = formIdOf(ctx);
  const id = known ?? web.flow.newId();
  if (known === null) {
    // Lax: a link in a mail leads here from elsewhere.
    const options = { signed: true, httpOnly: true, sameSite: "lax", path: "/" } as const;
    ctx.cookies.set(nameFor(ctx), id, options);
  }
  return web.csrf.formTokenFor(purposeOf(id));
}

// Refuses a form that was not drawn for this browser; 403.
export function requireOwnForm(web: Web, ctx: Context): void {
  const id = formIdOf(ctx);
  if (id === null || !web.csrf.matches(formField(ctx, "csrf"), purposeOf(id))) {
    throw new AppError("foreign-form", "no token, or one of another browser");
  }
}

function formIdOf(ctx: Context): string | null {
  const id = ctx.cookies.get(nameFor(ctx), { signed: true });
  return id !== undefined && ID.test(id) ? id : null;
}

// Not the token of an interaction that happens to have this id.
function purposeOf(id: string): string {
  return `form:${id}`;
}

// With https it is bound to this host (RFC 6265bis, 4.1.3.2); Koa makes it Secure there.
function nameFor(ctx: Context): string {
  return ctx.secure ? `__Host-${NAME}` : NAME;
}
