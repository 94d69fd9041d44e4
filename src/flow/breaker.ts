// A circuit breaker around a provider: one that keeps failing is left alone for a while, so that nobody
// waits for it in vain and the next provider gets its turn at once. What it remembers is this process'
// and only about speed: no decision about who may do what rests on it.
import { addSeconds, type Instant } from "../domain/time.ts";
import type { SendFailure, SendOutcome, SmsProvider } from "../ports/sms.ts";

export interface BreakerOptions {
  readonly now: () => Instant;
  readonly failuresUntilOpen: number;
  readonly openSeconds: number;
  readonly tell: (event: BreakerEvent) => void;
}

export type BreakerEvent = { readonly provider: string } & (
  | { readonly happened: "opened"; readonly because: BreakerFailure; readonly seconds: number }
  | { readonly happened: "closed" }
  // Somebody has to pay, or to change a setting. Told with the first such failure and once for each
  // opening after it, not for every text.
  | { readonly happened: "alarm"; readonly because: Alarm }
);

type Alarm = Extract<SendFailure, "no-balance" | "credentials-refused">;
export type BreakerFailure = Exclude<SendFailure, "number-refused" | "text-refused"> | "no-answer";

// How long a provider that names a time is left alone, at least and at most (FLT-22).
const HOLD_SECONDS_MIN = 1;
const HOLD_SECONDS_MAX = 300;

export function createBreaker(provider: SmsProvider, options: BreakerOptions): SmsProvider {
  const circuit = createCircuit(provider.name, options);
  let trying = false;
  return {
    name: provider.name,
    async send(message, timeoutSeconds) {
      const isTrial = circuit.isOpen();
      if (isTrial && (trying || !circuit.mayTry())) return CIRCUIT_OPEN;
      if (isTrial) trying = true;
      try {
        const outcome = await provider.send(message, timeoutSeconds);
        // Those that were under way when it opened do not count: the one that was let through decides.
        if (isTrial === circuit.isOpen()) circuit.record(outcome);
        return outcome;
      } finally {
        if (isTrial) trying = false;
      }
    },
  };
}

function createCircuit(provider: string, options: BreakerOptions) {
  const { now, tell, failuresUntilOpen, openSeconds } = options;
  let failures = 0;
  let openUntil: Instant | null = null;
  let alarmed: Alarm | null = null;

  const close = () => {
    if (openUntil !== null) tell({ provider, happened: "closed" });
    failures = 0;
    openUntil = null;
    alarmed = null;
  };
  const open = (because: BreakerFailure, seconds: number) => {
    openUntil = addSeconds(now(), seconds);
    tell({ provider, happened: "opened", because, seconds });
  };
  return {
    isOpen: () => openUntil !== null,
    mayTry: () => openUntil !== null && now() >= openUntil,
    record(outcome: SendOutcome) {
      if (isHealthy(outcome)) return close();
      const because = failureOf(outcome);
      if (because === null) return;
      failures++;
      if (isAlarm(because) && (alarmed !== because || openUntil !== null)) {
        alarmed = because;
        tell({ provider, happened: "alarm", because });
      }
      const hold = holdSecondsOf(outcome);
      if (hold !== null) return open(because, hold);
      if (openUntil !== null || failures >= failuresUntilOpen) open(because, openSeconds);
    },
  };
}

const CIRCUIT_OPEN: SendOutcome = {
  outcome: "failed",
  because: "provider-down",
  detail: "circuit open",
};

// A provider that refuses a number knows what it is doing.
function isHealthy(outcome: SendOutcome): boolean {
  if (outcome.outcome === "accepted") return true;
  return outcome.outcome === "failed" && outcome.because === "number-refused";
}

// Null: it says nothing about the provider's health. No answer does, since everybody waits for it as long
// as may be. An unclear answer does not: the texts may well arrive, and it may be us who cannot read it. Nor does
// the refusal of one text, or whoever knows a number that is refused could open the circuit for everybody.
function failureOf(outcome: SendOutcome): BreakerFailure | null {
  if (outcome.outcome === "accepted") return null;
  switch (outcome.because) {
    case "answer-unclear":
    case "number-refused":
    case "text-refused":
      return null;
    default:
      return outcome.because;
  }
}

function holdSecondsOf(outcome: SendOutcome): number | null {
  if (outcome.outcome !== "failed" || outcome.retryAfterSeconds === undefined) return null;
  return Math.min(HOLD_SECONDS_MAX, Math.max(HOLD_SECONDS_MIN, outcome.retryAfterSeconds));
}

function isAlarm(because: BreakerFailure): because is Alarm {
  return because === "no-balance" || because === "credentials-refused";
}
