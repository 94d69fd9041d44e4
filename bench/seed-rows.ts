// What a large store holds: users, the engine's records of two sign-ins of each or more, and audit events.
// Every row is numbered and made from its number alone, so that nothing has to be remembered.
import { createHash } from "node:crypto";
import type { AuditEvent } from "../src/domain/audit-event.ts";
import type { User } from "../src/domain/user.ts";
import type { RecordPayload, RecordToSave } from "../src/ports/records.ts";
import { type BenchUser, REDIRECT_URI, SCOPE } from "./messages.ts";

export interface Amounts {
  readonly users: number;
  // Over how many users the records and events are spread, whether they are seeded here or were before.
  readonly accounts: number;
  readonly records: number;
  readonly audit: number;
  // All of the records have expired, and not one in fifty.
  readonly expired: boolean;
}

// What each sign-in leaves, in this order.
const MODELS = ["Session", "Grant", "AuthorizationCode", "AccessToken", "RefreshToken"] as const;

const CLIENT_ID = "bench";
const PAYLOAD_CHARACTERS = 600;
const HOUR_MS = 3_600_000;
const SPREAD_SECONDS = 1_209_600;
const DAY_MS = 86_400_000;

// So that all rows of a run agree, and nothing that lives ends before the run does.
const NOW = Date.now();

// Each second user has a phone, which is also a login name.
export function seededUser(n: number): User {
  const login = loginOf(n);
  const phone = hasPhone(n) ? phoneOf(n) : null;
  const since = NOW - DAY_MS;
  return {
    id: userIdOf(n),
    username: login,
    email: `${login}@example.com`,
    emailVerified: false,
    loginPhone: phone,
    phone: phone === null ? null : { number: phone, status: "bound", since },
    profile: { name: `Seeded User ${n}` },
    passwordHash: `plain:${passwordOf(n)}`,
    status: "active",
    factorAttempts: { inARow: 0, lockedUntil: null },
    credentialsChangedAt: since,
    createdAt: since,
    updatedAt: since,
  };
}

// So many of the users who can sign in with a code, from all over the store.
export function seededBenchUsers(users: number, count: number): BenchUser[] {
  const withPhone = Math.ceil(users / 2);
  return Array.from({ length: Math.min(count, withPhone) }, (_, i) => {
    const n = 2 * Math.floor((i * withPhone) / Math.min(count, withPhone));
    return { login: loginOf(n), password: passwordOf(n), phone: phoneOf(n) };
  });
}

export function seededRecord(n: number, { accounts, expired }: Amounts): RecordToSave {
  const model = MODELS[n % MODELS.length] ?? "Session";
  const signIn = Math.floor(n / MODELS.length);
  const about = {
    accountId: userIdOf(signIn % accounts),
    grantId: longId(`grant ${expired} ${signIn}`),
    uid: longId(`uid ${expired} ${signIn}`),
  };
  const id = longId(`record ${expired} ${n}`);
  // A factor that is prime to the spread: neighbours in one order are none in the other.
  const spread = ((n * 7_919) % SPREAD_SECONDS) * 1000;
  const isOver = expired || signIn % 50 === 0;
  const expiresAt = isOver ? NOW - HOUR_MS - spread / 50 : NOW + HOUR_MS + spread;
  const exp = Math.floor(expiresAt / 1000);
  const own = { iat: exp - 3600, exp, kind: model, jti: id, ...fieldsOf(model, about) };
  return { model, id, payload: padded(own), expiresAt };
}

export function seededEvent(n: number, { accounts, audit }: Amounts): AuditEvent {
  return {
    at: NOW - (audit - n) * 100,
    actor: `user:${userIdOf(n % accounts)}`,
    action: n % 2 === 0 ? "sign-in" : "code-rejected",
    target: `client:${CLIENT_ID}`,
    because: n % 2 === 0 ? "application-rules" : null,
    details: {
      amr: ["pwd", "sms", "mfa"],
      need: "code",
      layers: ["global: off", "application: on", "user: no say", "request: no say"],
    },
  };
}

function fieldsOf(
  model: (typeof MODELS)[number],
  { accountId, grantId, uid }: { accountId: string; grantId: string; uid: string },
): RecordPayload {
  const clientId = CLIENT_ID;
  switch (model) {
    case "Session":
      return {
        uid,
        accountId,
        loginTs: Math.floor(NOW / 1000),
        amr: ["pwd", "sms", "mfa"],
        authorizations: { [clientId]: { sid: uid, grantId, persistsLogout: true } },
      };
    case "Grant":
      return { accountId, clientId, openid: { scope: SCOPE } };
    case "AuthorizationCode":
      return { ...issued(), consumed: Math.floor(NOW / 1000), redirectUri: REDIRECT_URI };
    case "AccessToken":
    case "RefreshToken":
      return { ...issued(), gty: "authorization_code" };
  }
  function issued(): RecordPayload {
    return { accountId, clientId, grantId, sessionUid: uid, scope: SCOPE, nonce: "a-nonce" };
  }
}

function padded(payload: RecordPayload): RecordPayload {
  const missing = PAYLOAD_CHARACTERS - JSON.stringify(payload).length;
  return { ...payload, padding: "p".repeat(Math.max(missing, 0)) };
}

function loginOf(n: number): string {
  return `seeded${n}`;
}

function passwordOf(n: number): string {
  return `password-of-seeded-${n}`;
}

function hasPhone(n: number): boolean {
  return n % 2 === 0;
}

// Far from those that bench/server.ts gives to its own users.
function phoneOf(n: number): string {
  return `+1212${2_000_000 + n}`;
}

// In the form, and as scattered, as those that the product makes.
export function userIdOf(n: number): string {
  return createHash("sha256").update(`user ${n}`).digest("hex").slice(0, 32);
}

function longId(of: string): string {
  return createHash("sha256").update(of).digest("base64url");
}
