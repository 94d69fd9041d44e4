// What the HTTP status of an answer means, where a provider says nothing better in its body.
import type { SendOutcome } from "../../ports/sms.ts";

export interface AnswerStatus {
  readonly status: number;
  // The header, as it came.
  readonly retryAfter: string | null;
}

// The outcome of a status that is no success. Null: one that each provider means differently.
export function outcomeOfStatus({ status, retryAfter }: AnswerStatus): SendOutcome | null {
  const detail = `http ${status}`;
  switch (status) {
    case 401:
    case 403:
      return { outcome: "failed", because: "credentials-refused", detail };
    case 402:
      return { outcome: "failed", because: "no-balance", detail };
    case 408:
    case 504:
      // Somebody on the way gave up waiting, as we might have: the text may be on its way too.
      return answerUnclear(detail);
    case 429: {
      const retryAfterSeconds = readRetryAfter(retryAfter, Date.now());
      return {
        outcome: "failed",
        because: "throttled",
        detail,
        ...(retryAfterSeconds === null ? {} : { retryAfterSeconds }),
      };
    }
  }
  // A redirect is not followed: it would take the text and the credentials elsewhere.
  if (status >= 300 && status < 400) return answerUnclear(detail);
  return status >= 500 ? { outcome: "failed", because: "provider-down", detail } : null;
}

export function answerUnclear(detail: string): SendOutcome {
  return { outcome: "unknown", because: "answer-unclear", detail };
}

export function noAnswer(detail: string): SendOutcome {
  return { outcome: "unknown", because: "no-answer", detail };
}

// Seconds or a date (RFC 9110, 10.2.3); null: neither.
export function readRetryAfter(header: string | null, now: number): number | null {
  if (header === null) return null;
  if (/^\d{1,9}$/.test(header)) return Number(header);
  // Date.parse takes almost anything for a date; the form that HTTP prescribes ends like this.
  const at = header.endsWith(" GMT") ? Date.parse(header) : Number.NaN;
  return Number.isNaN(at) ? null : Math.max(0, Math.ceil((at - now) / 1000));
}
