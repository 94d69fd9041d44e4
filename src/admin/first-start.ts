// What an empty store gets at the first start, outside production: something to try it with. Nobody can
// know its password beforehand.

import type { Storage } from "../ports/storage.ts";
import { addApplication, updateApplication } from "./applications.ts";
import type { AdminDeps } from "./deps.ts";
import { AdminError } from "./errors.ts";
import { setClient } from "./rules.ts";
import { addUser } from "./users.ts";

export const DEMO_CLIENT_ID = "demo";
export const DEMO_USERNAME = "demo";

export interface DemoUris {
  readonly redirectUri: string;
  readonly postLogoutRedirectUri: string;
}

// Where the relying party of our own is, under an issuer.
export function demoUris(issuer: string): DemoUris & { readonly demo: string } {
  const demo = `${issuer}/demo`;
  return { demo, redirectUri: `${demo}/callback`, postLogoutRedirectUri: demo };
}

// How to sign in to the demo: with the password, which is told once, or with a new one that this command makes.
export type DemoLogin =
  | { readonly login: string; readonly password: string }
  | { readonly login: string; readonly forgot: string };

// Makes the demo at the first start; at a later one its addresses follow the issuer's, which another PORT changes. Null:
// the demo's user is not there any more.
export async function prepareDemo(deps: AdminDeps, uris: DemoUris): Promise<DemoLogin | null> {
  const made = await makeDemo(deps, uris);
  if (made !== null) return made;
  await moveDemo(deps, uris);
  const user = await deps.storage.users.findByLogin({ kind: "username", value: DEMO_USERNAME });
  if (user === null) return null;
  return {
    login: DEMO_USERNAME,
    forgot: `npx latchkey user update ${DEMO_USERNAME} --reset-password`,
  };
}

// Left alone where it was made into something else.
async function moveDemo(deps: AdminDeps, uris: DemoUris): Promise<void> {
  const demo = await deps.storage.applications.find(DEMO_CLIENT_ID);
  const [was, ...others] = demo?.metadata.redirect_uris ?? [];
  if (was === undefined || others.length > 0 || was === uris.redirectUri || !isDemoUri(was)) return;
  await updateApplication(deps, DEMO_CLIENT_ID, {
    redirectUris: [uris.redirectUri],
    postLogoutRedirectUris: [uris.postLogoutRedirectUri],
  });
}

// The demo is on loopback, and so the only application of its name without TLS.
function isDemoUri(uri: string): boolean {
  const url = URL.parse(uri);
  return url?.protocol === "http:" && url.pathname.endsWith("/demo/callback");
}

// Makes the application "demo", with rules of its own in which SMS is on, and the user "demo" with a
// generated password and no phone. Null when there is, or ever was, something in the store. Of many
// first starts at once exactly one gets the password.
export async function makeDemo(
  deps: AdminDeps,
  uris: DemoUris,
): Promise<{ login: string; password: string } | null> {
  if (!(await isFirstStart(deps.storage))) return null;
  await unlessConflict(
    addApplication(deps, {
      id: DEMO_CLIENT_ID,
      name: "Demo",
      redirectUris: [uris.redirectUri],
      postLogoutRedirectUris: [uris.postLogoutRedirectUri],
      public: true,
    }),
  );
  await setClient(deps, DEMO_CLIENT_ID, "on");
  // The user comes last and decides: if this process dies in between, the next start goes on here.
  const user = await unlessConflict(addUser(deps, { username: DEMO_USERNAME, name: "Demo User" }));
  if (user?.password === undefined) return null;
  return { login: DEMO_USERNAME, password: user.password };
}

// Whether the store holds what makeDemo makes: in production it must not.
export async function hasDemoData(
  storage: Pick<Storage, "applications" | "users">,
): Promise<boolean> {
  if ((await storage.applications.find(DEMO_CLIENT_ID)) !== null) return true;
  return (await storage.users.findByLogin({ kind: "username", value: DEMO_USERNAME })) !== null;
}

// The log remembers users that were removed: taking the demo away is not a reason to make it again.
async function isFirstStart(storage: Storage): Promise<boolean> {
  const applications = await storage.applications.list();
  if (applications.some(({ id }) => id !== DEMO_CLIENT_ID)) return false;
  if ((await storage.users.list({ limit: 1 })).length > 0) return false;
  for (const action of ["user-added", "user-imported", "client-removed"]) {
    if ((await storage.audit.list({ action, limit: 1 })).length > 0) return false;
  }
  return true;
}

async function unlessConflict<Made>(making: Promise<Made>): Promise<Made | null> {
  try {
    return await making;
  } catch (error) {
    if (error instanceof AdminError && error.code === "conflict") return null;
    throw error;
  }
}
