// Vonage's SMS API through its own client library, which is loaded with the first text. What the
// library leaves open is decided here: how long to wait, how much of an answer to read. Nothing of what
// was sent is ever repeated in a detail.
import type { SMS as SmsClient } from "@vonage/sms";
import { countSegments } from "../../domain/text-message.ts";
import type { SmsProvider } from "../../ports/sms.ts";
import { type Attempt, sendWithRetry } from "./attempts.ts";
import { readAnswer, readFailure } from "./vonage-answer.ts";

export interface VonageOptions {
  readonly apiKey: string;
  readonly apiSecret: string;
  // The sender that the phone shows.
  readonly from: string;
  // Where the API is, if not at its usual place.
  readonly host: string | null;
}

// An answer to one text has some hundred bytes.
const ANSWER_BYTES_MAX = 65_536;

export function createVonage(options: VonageOptions): SmsProvider {
  let library: ReturnType<typeof loadLibrary> | undefined;

  const attempt: Attempt = async (message, milliseconds) => {
    const deadline = performance.now() + milliseconds;
    try {
      library ??= loadLibrary(options);
      const { TypeEnum, openClient } = await library;
      const { encoding } = countSegments(message.text);
      const answer = await openClient(millisecondsUntil(deadline)).send({
        from: options.from,
        to: message.to.replace("+", ""),
        text: message.text,
        clientRef: message.messageId,
        // Costs up to twice as many segments.
        ...(encoding === "ucs-2" ? { type: TypeEnum.UNICODE } : {}),
      });
      return readAnswer(answer);
    } catch (error) {
      return readFailure(error);
    }
  };

  return {
    name: "vonage",
    send: (message, timeoutSeconds) => sendWithRetry(attempt, message, timeoutSeconds),
  };
}

// The library, as a client that gives up in time and reads no more than it should.
async function loadLibrary({ apiKey, apiSecret, host }: VonageOptions) {
  const [{ Auth }, { SMS, TypeEnum }] = await Promise.all([
    import("@vonage/auth"),
    import("@vonage/sms"),
  ]);
  // The library asks whether a file of this name exists: undefined would be a deprecated question.
  const auth = new Auth({ apiKey, apiSecret, privateKey: "" });

  class BoundedSms extends SMS {
    protected override async parseResponse<T>(
      request: Parameters<SmsClient["parseResponse"]>[0],
      response: Response,
    ) {
      return super.parseResponse<T>(request, await withBoundedBody(response));
    }
  }

  return {
    TypeEnum,
    // The library aborts the request after its timeout, whatever it was waiting for; it has none of
    // its own.
    openClient: (timeout: number) =>
      new BoundedSms(auth, { timeout, ...(host === null ? {} : { restHost: trimSlash(host) }) }),
  };
}

// The same answer, read. The library reads bodies of any size, and leaves those of errors unread,
// which keeps their sockets; a text that is no JSON it takes apart character by character. One that is
// too large becomes an empty one, which means nothing to anybody.
async function withBoundedBody(response: Response): Promise<Response> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop cancels the stream.
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > ANSWER_BYTES_MAX) break;
    chunks.push(chunk);
  }
  const body = bytes === 0 || bytes > ANSWER_BYTES_MAX ? null : Buffer.concat(chunks);
  const headers = new Headers({ "content-type": response.headers.get("content-type") ?? "" });
  const retryAfter = response.headers.get("retry-after");
  if (retryAfter !== null) headers.set("retry-after", retryAfter);
  return new Response(body, { status: response.status, headers });
}

function millisecondsUntil(deadline: number): number {
  return Math.max(1, Math.round(deadline - performance.now()));
}

function trimSlash(host: string): string {
  return host.replace(/\/+$/, "");
}
