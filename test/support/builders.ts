// Things to test with, each complete and plain; a test names only what it is about.
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import type { ApiResource } from "../../src/domain/api-resource.ts";
import type { Application } from "../../src/domain/application.ts";
import type { AuditAction, AuditEvent } from "../../src/domain/audit-event.ts";
import type { Challenge } from "../../src/domain/challenge.ts";
import { NOTHING_PROVED } from "../../src/domain/factors.ts";
import type { Answer, InteractionState, TypedAnswer } from "../../src/domain/interaction.ts";
import { type Limits, limitsSchema } from "../../src/domain/limits.ts";
import type { Mail } from "../../src/domain/mail.ts";
import { mailAddressOf } from "../../src/domain/mail-header.ts";
import type { NoticeText } from "../../src/domain/notice-text.ts";
import type { SigningKey } from "../../src/domain/signing-key.ts";
import type { TestNumber } from "../../src/domain/test-number.ts";
import type { Instant } from "../../src/domain/time.ts";
import type { User } from "../../src/domain/user.ts";

// The limits as they are published.
export const LIMITS: Limits = limitsSchema.parse(
  JSON.parse(readFileSync(new URL("../../config/limits.json", import.meta.url), "utf8")),
);

// The time in tests; whole seconds, so that a second before and after are easy to read.
export const NOON: Instant = Date.UTC(2026, 10, 24, 12);

export const A_NUMBER = "+14155552671";

export function aUser(given: Partial<User> = {}): User {
  return {
    id: "u1",
    username: null,
    email: null,
    emailVerified: false,
    loginPhone: null,
    phone: null,
    profile: {},
    passwordHash: null,
    status: "active",
    factorAttempts: { inARow: 0, lockedUntil: null },
    credentialsChangedAt: NOON,
    createdAt: NOON,
    updatedAt: NOON,
    ...given,
  };
}

export function anApiResource(given: Partial<ApiResource> = {}): ApiResource {
  return {
    id: "https://api.example",
    name: "An API",
    scopes: ["api:read", "api:write"],
    audience: "https://api.example",
    claims: [],
    createdAt: NOON,
    updatedAt: NOON,
    ...given,
  };
}

export function anApplication(given: Partial<Application> = {}): Application {
  const id = given.id ?? "app1";
  return {
    id,
    metadata: {
      client_id: id,
      client_name: "An application",
      client_secret: "a-client-secret-of-no-importance",
      client_id_issued_at: NOON / 1000,
      application_type: "web",
      redirect_uris: ["https://app.example/cb"],
      post_logout_redirect_uris: [],
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      token_endpoint_auth_method: "client_secret_basic",
      subject_type: "public",
      scope: "openid profile email phone offline_access",
    },
    consent: false,
    resources: [],
    createdAt: NOON,
    updatedAt: NOON,
    ...given,
  };
}

export function aChallenge(given: Partial<Challenge> = {}): Challenge {
  return {
    id: "challenge-1",
    codeKeyId: "k1",
    purpose: "login",
    phone: A_NUMBER,
    openedAt: NOON,
    expiresAt: NOON + LIMITS.codeLifeSeconds * 1000,
    sends: 1,
    lastSentAt: NOON,
    ...given,
  };
}

// Waits for a code that was sent to u1.
// Another one each time.
export function aGuess(answer: Answer = "code"): TypedAnswer {
  return { answer, guess: randomUUID() };
}

export function anInteractionState(given: Partial<InteractionState> = {}): InteractionState {
  return {
    step: "code",
    userId: "u1",
    sourceId: "password",
    proved: { ...NOTHING_PROVED, pwd: NOON },
    challenge: aChallenge(),
    binding: false,
    refusal: null,
    decision: null,
    ...given,
  };
}

export function aSigningKey(given: Partial<SigningKey> = {}): SigningKey {
  const kid = given.kid ?? "key-1";
  return {
    kid,
    alg: "ES256",
    jwk: { kty: "EC", crv: "P-256", kid, d: "a-private-part-of-no-importance" },
    createdAt: NOON,
    signsFrom: NOON,
    ...given,
  };
}

export function aTestNumber(given: Partial<TestNumber> = {}): TestNumber {
  return {
    id: "listing-1",
    number: A_NUMBER,
    name: "App review",
    code: "246801",
    addedAt: NOON,
    until: NOON + 86_400_000,
    ...given,
  };
}

// A day that is ahead when a test runs, for what goes by the clock of the machine.
export function tomorrow(): string {
  return new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
}

export function aMail(given: Partial<Mail> = {}): Mail {
  const to = mailAddressOf("alice@example.com");
  if (to === null) throw new Error("not an address");
  return {
    channel: "mail",
    id: "m1",
    userId: "u1",
    to,
    language: "en",
    at: NOON,
    notice: { kind: "phone-bound", phone: "+1 ••• ••• 71" },
    ...given,
  };
}

export function aNoticeText(given: Partial<NoticeText> = {}): NoticeText {
  return {
    channel: "sms",
    id: "t1",
    userId: "u1",
    to: A_NUMBER,
    language: "en",
    at: NOON,
    notice: { kind: "phone-changed" },
    ...given,
  };
}

// A store keeps whatever name an action has.
export function anAuditEvent(
  given: Partial<Omit<AuditEvent, "action">> & { readonly action?: string } = {},
): AuditEvent {
  const { action = "tested", ...rest } = given;
  return {
    at: NOON,
    actor: "system",
    action: action as AuditAction,
    target: "user:u1",
    because: null,
    details: {},
    ...rest,
  };
}
