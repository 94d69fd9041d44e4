// How often one provider is asked to send one text: once, and once more under the same id if the first
// attempt certainly failed because the provider was down. Never after an unknown outcome: none of the
// providers promises to recognise an id that it has seen.
import type { SendOutcome, TextMessage } from "../../ports/sms.ts";

// Sends once, knowing how many milliseconds it may take.
export type Attempt = (message: TextMessage, milliseconds: number) => Promise<SendOutcome>;

// With less time than this a second attempt would only turn a clear failure into an unclear one.
const RETRY_MILLISECONDS_MIN = 500;

export async function sendWithRetry(
  attempt: Attempt,
  message: TextMessage,
  timeoutSeconds: number,
): Promise<SendOutcome> {
  const milliseconds = timeoutSeconds * 1000;
  const deadline = performance.now() + milliseconds;
  const first = await attempt(message, milliseconds);
  if (first.outcome !== "failed" || first.because !== "provider-down") return first;

  // A provider that took most of the time to fail leaves the rest to the next one.
  const left = Math.round(deadline - performance.now());
  const worthIt = left >= Math.max(RETRY_MILLISECONDS_MIN, milliseconds / 2);
  return worthIt ? attempt(message, left) : first;
}
