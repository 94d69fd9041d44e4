// Applications: registered, shown, changed and removed. Their secret is told once, when it is made.
import { randomBytes } from "node:crypto";
import type { Application, ApplicationMetadata } from "../domain/application.ts";
import type { AuditAction } from "../domain/audit-event.ts";
import { applySettings, blankMetadata } from "./application-metadata.ts";
import {
  type AddApplication,
  addApplicationSchema,
  type ChangeApplication,
  changeApplicationSchema,
} from "./application-options.ts";
import { retryWhileStale } from "./compare-and-set.ts";
import {
  type AdminDeps,
  auditEvent,
  changesBetween,
  changeTime,
  checkInput,
  newId,
} from "./deps.ts";
import { AdminError } from "./errors.ts";
import { requireReachable } from "./reachable.ts";
import { scopesOf } from "./resources.ts";

type ApplicationDeps = Pick<AdminDeps, "storage" | "now" | "actor" | "privateFetchHosts">;

// In the names of RFC 7591, and what is ours. client_secret is there only when it was made just now.
export type ShownApplication = Omit<ApplicationMetadata, "client_secret"> & {
  readonly client_secret?: string;
  // Never (RFC 7591, 3.2.1).
  readonly client_secret_expires_at?: 0;
  readonly consent: boolean;
  readonly resources: readonly string[];
};

// Registers an application. "usage" when it is not allowed as it is, "conflict" when its id is taken.
export async function addApplication(
  deps: ApplicationDeps,
  input: AddApplication,
): Promise<ShownApplication> {
  const { id = newId(), ...settings } = checkInput(addApplicationSchema, input);
  requireReachable(settings, deps);
  const now = deps.now();
  const resources = settings.resources ?? [];
  const blank = blankMetadata(id, Math.floor(now / 1000));
  const metadata = applySettings(blank, settings, await scopesOf(deps, resources));
  const secret = needsSecret(metadata) ? newSecret() : undefined;
  const application: Application = {
    id,
    metadata: { ...metadata, ...(secret && { client_secret: secret }) },
    consent: settings.consent ?? false,
    resources,
    createdAt: now,
    updatedAt: now,
  };
  const outcome = await deps.storage.applications.create(
    application,
    auditEvent(deps, {
      action: "client-added",
      target: `client:${id}`,
      details: { after: shown(application) },
    }),
  );
  if (outcome === "conflict") {
    throw new AdminError("conflict", `There is an application with the id ${id} already.`);
  }
  return shown(application, secret);
}

// All applications, by id.
export async function listApplications(
  deps: Pick<AdminDeps, "storage">,
): Promise<ShownApplication[]> {
  const applications = await deps.storage.applications.list();
  return applications.toSorted((a, b) => (a.id < b.id ? -1 : 1)).map((each) => shown(each));
}

// One application; "not-found" when there is none of that id.
export async function showApplication(
  deps: Pick<AdminDeps, "storage">,
  id: string,
): Promise<ShownApplication> {
  return shown(await readApplication(deps, id));
}

// Changes what is given; lists are replaced. A secret is made, and told, when there was none and there
// has to be one; it is forgotten when there must be none.
export async function updateApplication(
  deps: ApplicationDeps,
  id: string,
  input: ChangeApplication,
): Promise<ShownApplication> {
  const settings = checkInput(changeApplicationSchema, input);
  requireReachable(settings, deps);
  return retryWhileStale(async () => {
    const before = await readApplication(deps, id);
    const resources = settings.resources ?? before.resources;
    const apiScopes = await scopesOf(deps, resources);
    const applied = applySettings(before.metadata, settings, apiScopes);
    const { client_secret: old, ...metadata } = applied;
    const needed = needsSecret(metadata);
    const made = needed && old === undefined ? newSecret() : undefined;
    const secret = needed ? (made ?? old) : undefined;
    const after: Application = {
      ...before,
      metadata: { ...metadata, ...(secret && { client_secret: secret }) },
      consent: settings.consent ?? before.consent,
      resources,
      updatedAt: changeTime(deps.now(), before),
    };
    const changes = changesBetween(shown(before), shown(after));
    if (Object.keys(changes.after).length === 0) return shown(before);
    return replace(deps, { before, after, action: "client-changed", details: changes }, made);
  });
}

// Removes an application with its rules.
export async function removeApplication(
  deps: ApplicationDeps,
  id: string,
): Promise<{ id: string }> {
  const outcome = await deps.storage.applications.remove(
    id,
    auditEvent(deps, { action: "client-removed", target: `client:${id}`, details: {} }),
  );
  if (outcome === "absent") throw notFound(id);
  return { id };
}

// Makes a new secret; the old one stops working at once. "usage" for an application without one.
export async function rotateSecret(deps: ApplicationDeps, id: string): Promise<ShownApplication> {
  return retryWhileStale(async () => {
    const before = await readApplication(deps, id);
    if (!needsSecret(before.metadata)) {
      throw new AdminError("usage", `The application ${id} has no secret; it does not use one.`);
    }
    const secret = newSecret();
    const after: Application = {
      ...before,
      metadata: { ...before.metadata, client_secret: secret },
      updatedAt: changeTime(deps.now(), before),
    };
    return replace(deps, { before, after, action: "client-secret-rotated", details: {} }, secret);
  });
}

// The application itself, as stored; "not-found" when there is none.
export async function readApplication(
  deps: Pick<AdminDeps, "storage">,
  id: string,
): Promise<Application> {
  const application = await deps.storage.applications.find(id);
  if (application === null) throw notFound(id);
  return application;
}

interface Replacement {
  readonly before: Application;
  readonly after: Application;
  readonly action: AuditAction;
  readonly details: Readonly<Record<string, unknown>>;
}

async function replace(
  deps: ApplicationDeps,
  { before, after, action, details }: Replacement,
  secretMade: string | undefined,
): Promise<ShownApplication | "stale"> {
  const audit = auditEvent(deps, { action, target: `client:${after.id}`, details });
  const outcome = await deps.storage.applications.replace(before, after, audit);
  switch (outcome) {
    case "changed":
      return shown(after, secretMade);
    case "stale":
      return "stale";
    case "absent":
      throw notFound(after.id);
    case "conflict":
      throw new AdminError("conflict", `There is another application with the id ${after.id}.`);
  }
}

function shown(application: Application, secretMade?: string): ShownApplication {
  const { client_secret: _kept, ...metadata } = application.metadata;
  return {
    ...metadata,
    ...(secretMade && { client_secret: secretMade, client_secret_expires_at: 0 }),
    consent: application.consent,
    resources: application.resources,
  };
}

function needsSecret(metadata: Omit<ApplicationMetadata, "client_secret">): boolean {
  const method = metadata.token_endpoint_auth_method;
  return method === "client_secret_basic" || method === "client_secret_post";
}

function newSecret(): string {
  return randomBytes(32).toString("base64url");
}

function notFound(id: string): AdminError {
  return new AdminError("not-found", `There is no application with the id ${JSON.stringify(id)}.`);
}
