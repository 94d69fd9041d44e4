// APIs (resource servers): registered, shown, changed and removed.
import { z } from "zod";
import type { ApiResource } from "../domain/api-resource.ts";
import { STANDARD_SCOPES } from "./application-metadata.ts";
import { resourceUri, shownName } from "./application-options.ts";
import { retryWhileStale } from "./compare-and-set.ts";
import { type AdminDeps, auditEvent, changesBetween, changeTime, checkInput } from "./deps.ts";
import { AdminError } from "./errors.ts";

type ResourceDeps = Pick<AdminDeps, "storage" | "now" | "actor">;

// RFC 6749, 3.3, without what a shell would take apart.
const scope = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:/*+-]{0,127}$/, "must be letters, digits and . _ : / * + -")
  .refine((name) => !STANDARD_SCOPES.has(name), "is a scope of OpenID Connect");

// Of a user; what a token says of itself cannot be given.
const CLAIMS = ["email", "email_verified", "name", "preferred_username", "phone_number"] as const;

const settings = {
  name: shownName,
  scopes: z.array(scope).max(100),
  audience: z.string().regex(/^[!-~]{1,2048}$/, "must be one word of ASCII characters"),
  claims: z.array(z.enum(CLAIMS)).max(CLAIMS.length),
};

const changeSchema = z.strictObject(settings).partial();
const addSchema = changeSchema.extend({ id: resourceUri, name: shownName });

export type AddResource = z.input<typeof addSchema>;
export type ChangeResource = z.input<typeof changeSchema>;
export type ShownResource = Omit<ApiResource, "createdAt" | "updatedAt">;

// Registers an API. "conflict" when there is one with this id or audience.
export async function addResource(deps: ResourceDeps, input: AddResource): Promise<ShownResource> {
  const given = checkInput(addSchema, input);
  const now = deps.now();
  const resource: ApiResource = {
    id: given.id,
    name: given.name,
    scopes: unique(given.scopes ?? []),
    audience: given.audience ?? given.id,
    claims: unique(given.claims ?? []),
    createdAt: now,
    updatedAt: now,
  };
  await requireFreeAudience(deps, resource);
  const audit = auditEvent(deps, {
    action: "resource-added",
    target: `resource:${resource.id}`,
    details: { after: shown(resource) },
  });
  if ((await deps.storage.resources.create(resource, audit)) === "conflict") {
    throw new AdminError("conflict", `There is an API with the id ${resource.id} already.`);
  }
  return shown(resource);
}

export async function listResources(deps: Pick<AdminDeps, "storage">): Promise<ShownResource[]> {
  return (await deps.storage.resources.list()).map(shown);
}

export async function showResource(
  deps: Pick<AdminDeps, "storage">,
  id: string,
): Promise<ShownResource> {
  return shown(await readResource(deps, id));
}

// Changes what is given; lists are replaced. Tokens that are out keep what they say until they expire.
export async function updateResource(
  deps: ResourceDeps,
  id: string,
  input: ChangeResource,
): Promise<ShownResource> {
  const given = checkInput(changeSchema, input);
  return retryWhileStale(async () => {
    const before = await readResource(deps, id);
    const after: ApiResource = {
      ...before,
      name: given.name ?? before.name,
      scopes: unique(given.scopes ?? before.scopes),
      audience: given.audience ?? before.audience,
      claims: unique(given.claims ?? before.claims),
      updatedAt: changeTime(deps.now(), before),
    };
    await requireFreeAudience(deps, after);
    const details = changesBetween(shown(before), shown(after));
    if (Object.keys(details.after).length === 0) return shown(before);
    const audit = auditEvent(deps, {
      action: "resource-changed",
      target: `resource:${id}`,
      details,
    });
    const outcome = await deps.storage.resources.replace(before, after, audit);
    if (outcome === "stale") return "stale";
    if (outcome === "absent") throw notFound(id);
    return shown(after);
  });
}

// Two APIs with one audience could introspect each other's tokens, and accept them (RFC 9068, 4).
async function requireFreeAudience(
  { storage }: Pick<AdminDeps, "storage">,
  { id, audience }: ApiResource,
): Promise<void> {
  const other = (await storage.resources.list()).find(
    (each) =>
      each.id !== id &&
      [each.id, each.audience].some((taken) => taken === audience || taken === id),
  );
  if (other === undefined) return;
  throw new AdminError("conflict", `The API ${other.id} has this id or audience already.`);
}

// "conflict" while an application may still ask for its tokens: without the API they would be for whatever its scope is.
export async function removeResource(deps: ResourceDeps, id: string): Promise<{ id: string }> {
  const users = (await deps.storage.applications.list()).filter((each) =>
    each.resources.includes(id),
  );
  if (users.length > 0) {
    const names = users.map((each) => each.id).join(", ");
    throw new AdminError("conflict", `Applications may still ask for its tokens: ${names}.`);
  }
  const audit = auditEvent(deps, {
    action: "resource-removed",
    target: `resource:${id}`,
    details: {},
  });
  if ((await deps.storage.resources.remove(id, audit)) === "absent") throw notFound(id);
  return { id };
}

// The scopes that the APIs among these resources know.
export async function scopesOf(
  { storage }: Pick<AdminDeps, "storage">,
  resources: readonly string[],
): Promise<ReadonlySet<string>> {
  const found = await Promise.all(resources.map((id) => storage.resources.find(id)));
  return new Set(found.flatMap((each) => each?.scopes ?? []));
}

async function readResource(
  { storage }: Pick<AdminDeps, "storage">,
  id: string,
): Promise<ApiResource> {
  const resource = await storage.resources.find(id);
  if (resource === null) throw notFound(id);
  return resource;
}

function shown({ createdAt: _c, updatedAt: _u, ...resource }: ApiResource): ShownResource {
  return resource;
}

function unique<T>(items: readonly T[]): T[] {
  return [...new Set(items)];
}

function notFound(id: string): AdminError {
  return new AdminError("not-found", `There is no API with the id ${JSON.stringify(id)}.`);
}
