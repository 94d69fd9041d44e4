// The keys that sign tokens: made at the first start, rotated by an administrator. Nothing here ever
// gives a private key out.
import { createHash, generateKeyPair, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import { keysInUse, type SigningKey } from "../domain/signing-key.ts";
import { addSeconds, type Instant } from "../domain/time.ts";
import { type AdminDeps, auditEvent } from "./deps.ts";
import { AdminError } from "./errors.ts";

export const SIGNING_ALGS = ["RS256", "ES256"] as const satisfies readonly SigningKey["alg"][];

type KeyDeps = Pick<AdminDeps, "storage" | "now" | "actor" | "limits">;

export interface KeyFacts {
  readonly kid: string;
  readonly alg: SigningKey["alg"];
  // "published": relying parties may learn it, it signs later. "retiring": signs no more, but tokens
  // that it signed may still live. "retired": nothing names it any more.
  readonly state: "published" | "signing" | "retiring" | "retired";
  readonly created: string;
  readonly signsFrom: string;
}

const generate = promisify(generateKeyPair);

// New keys, one for each algorithm (RFC 7518, 3.1), that sign from the given instant on.
export function makeSigningKeys(
  algs: readonly SigningKey["alg"][],
  createdAt: Instant,
  signsFrom: Instant = createdAt,
): Promise<SigningKey[]> {
  return Promise.all(algs.map((alg) => makeSigningKey(alg, createdAt, signsFrom)));
}

// The keys of this store, made now if it has none, or none of some algorithm. Of many first starts at
// once one makes them, and all get the same.
export async function ensureSigningKeys(deps: KeyDeps): Promise<SigningKey[]> {
  const known = await deps.storage.signingKeys.list();
  const missing = SIGNING_ALGS.filter((alg) => !known.some((key) => key.alg === alg));
  if (missing.length === 0) return known;

  const now = deps.now();
  const made = await makeSigningKeys(missing, createdAfter(known, now), now);
  const audit = auditEvent(deps, {
    action: "signing-keys-made",
    target: "signing-keys",
    details: { after: made.map(nameKey) },
  });
  await deps.storage.signingKeys.add(made, newestOf(known), audit);
  return deps.storage.signingKeys.list();
}

// All keys that the store holds, those that sign first.
export async function listKeys(deps: KeyDeps): Promise<KeyFacts[]> {
  const keys = await deps.storage.signingKeys.list();
  const now = deps.now();
  const used = keysInUse(keys, now, deps.limits);
  const rest = keys.filter((key) => !used.includes(key));
  return [...used, ...rest].map((key) => factsOf(key, used, now));
}

export interface RotateOptions {
  // Sign with the new keys at once, before relying parties have learned them.
  readonly atOnce?: boolean | undefined;
  // Forget every older key: whatever it signed is void. Only together with atOnce.
  readonly forgetOld?: boolean | undefined;
}

// Makes new keys, which sign once they have been published for limits.signingKeyPublishSeconds, and
// forgets those that nothing names any more. "conflict" when new keys are waiting already, or
// somebody else rotates at the same time.
export async function rotateKeys(deps: KeyDeps, options: RotateOptions = {}): Promise<KeyFacts[]> {
  if (options.forgetOld && !options.atOnce) {
    throw new AdminError("usage", "Old keys can be forgotten only if the new ones sign at once.");
  }
  const known = await deps.storage.signingKeys.list();
  const now = deps.now();
  if (!options.atOnce) refuseWhileWaiting(known, now);

  // The first keys of all have none before them that could sign meanwhile.
  const atOnce = options.atOnce || known.length === 0;
  const signsFrom = atOnce ? now : addSeconds(now, deps.limits.signingKeyPublishSeconds);
  const made = await makeSigningKeys(SIGNING_ALGS, createdAfter(known, now), signsFrom);
  const forgotten = options.forgetOld ? known : [];
  const audit = auditEvent(deps, {
    action: "signing-keys-rotated",
    target: "signing-keys",
    details: {
      after: made.map(nameKey),
      signsFrom: new Date(signsFrom).toISOString(),
      forgotten: forgotten.map(nameKey),
    },
  });
  const added = await deps.storage.signingKeys.add(made, newestOf(known), audit);
  if (!added) throw new AdminError("conflict", "The keys were rotated by somebody else just now.");

  // Only once the new ones are there: in between, something must sign.
  if (forgotten.length > 0) await deps.storage.signingKeys.remove(forgotten.map((key) => key.kid));
  await pruneKeys(deps);
  return listKeys(deps);
}

// Removes the keys that no living token can name any more, and says how many.
export async function pruneKeys(
  deps: Pick<KeyDeps, "storage" | "now" | "limits">,
): Promise<number> {
  const keys = await deps.storage.signingKeys.list();
  const used = keysInUse(keys, deps.now(), deps.limits);
  const kids = keys.filter((key) => !used.includes(key)).map((key) => key.kid);
  if (kids.length > 0) await deps.storage.signingKeys.remove(kids);
  return kids.length;
}

async function makeSigningKey(
  alg: SigningKey["alg"],
  createdAt: Instant,
  signsFrom: Instant,
): Promise<SigningKey> {
  const { privateKey } = await generatePair(alg);
  const jwk = privateKey.export({ format: "jwk" });
  const kid = thumbprint(jwk);
  return { kid, alg, jwk: { ...jwk, kid, alg, use: "sig" }, createdAt, signsFrom };
}

function generatePair(alg: SigningKey["alg"]): Promise<{ privateKey: KeyObject }> {
  switch (alg) {
    case "RS256":
      return generate("rsa", { modulusLength: 2048 });
    case "ES256":
      return generate("ec", { namedCurve: "P-256" });
  }
}

// RFC 7638, 3: the required members alone, in the order of their names.
function thumbprint(jwk: Readonly<Record<string, unknown>>): string {
  const { crv, e, kty, n, x, y } = jwk;
  const required = kty === "RSA" ? { e, kty, n } : { crv, kty, x, y };
  return createHash("sha256").update(JSON.stringify(required)).digest("base64url");
}

function refuseWhileWaiting(known: readonly SigningKey[], now: Instant): void {
  const waiting = known.find((key) => key.signsFrom > now);
  if (waiting === undefined) return;
  const from = new Date(waiting.signsFrom).toISOString();
  throw new AdminError("conflict", `New keys are published already; they sign from ${from}.`);
}

function newestOf(keys: readonly SigningKey[]): Instant | null {
  return keys.length === 0 ? null : Math.max(...keys.map((key) => key.createdAt));
}

// The store tells two rotations apart by the age of the newest key, so that must grow.
function createdAfter(known: readonly SigningKey[], now: Instant): Instant {
  return Math.max(now, (newestOf(known) ?? 0) + 1);
}

function nameKey(key: SigningKey): string {
  return `${key.alg}:${key.kid}`;
}

function factsOf(key: SigningKey, used: readonly SigningKey[], now: Instant): KeyFacts {
  return {
    kid: key.kid,
    alg: key.alg,
    state: stateOf(key, used, now),
    created: new Date(key.createdAt).toISOString(),
    signsFrom: new Date(key.signsFrom).toISOString(),
  };
}

// keysInUse puts the one that signs before the others of its algorithm.
function stateOf(key: SigningKey, used: readonly SigningKey[], now: Instant): KeyFacts["state"] {
  if (!used.includes(key)) return "retired";
  if (key.signsFrom > now) return "published";
  return used.find((other) => other.alg === key.alg) === key ? "signing" : "retiring";
}
