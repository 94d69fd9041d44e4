// Vonage's SMS API through its own client library, which is loaded with the first text. The library says
// what to send and takes the answer apart; the way there and back is ours, since it would wait for ever,
// read bodies of any size, and follow a redirect with the text in hand.
import { countSegments } from "../../domain/text-message.ts";
import type { SendOutcome, SmsProvider } from "../../ports/sms.ts";
import { type Attempt, sendWithRetry } from "./attempts.ts";
import { jsonOf, post } from "./post.ts";
import { answerUnclear, noAnswer } from "./status.ts";
import { readAnswer, readStatus } from "./vonage-answer.ts";

export interface VonageOptions {
  readonly apiKey: string;
  readonly apiSecret: string;
  // The sender that the phone shows.
  readonly from: string;
  // Where the API is, if not at its usual place.
  readonly host: string | null;
}

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
      return outcomeOfError(error);
    }
  };

  return {
    name: "vonage",
    send: (message, timeoutSeconds) => sendWithRetry(attempt, message, timeoutSeconds),
  };
}

// The library, as a client that sends its requests our way.
async function loadLibrary({ apiKey, apiSecret, host }: VonageOptions) {
  const [{ Auth }, { SMS, TypeEnum }] = await Promise.all([
    import("@vonage/auth"),
    import("@vonage/sms"),
  ]);
  // The library asks whether a file of this name exists: undefined would be a deprecated question.
  const auth = new Auth({ apiKey, apiSecret, privateKey: "" });

  class BoundedSms extends SMS {
    override async sendRequest<T>(given: Parameters<typeof this.prepareRequest>[0]) {
      const request = await this.prepareRequest(given);
      const result = await post({
        url: new URL(request.url),
        headers: request.headers ?? {},
        body: this.prepareBody(request) ?? "",
        milliseconds: this.config.timeout ?? 0,
      });
      if (!result.answered) throw new Settled(result.outcome);
      const { status } = result.answer;
      if (status < 200 || status >= 300) throw new Settled(readStatus(result.answer));
      const data = jsonOf<T>(result.answer);
      if (data === null) throw new Settled(answerUnclear("answer not understood"));
      return { data, config: request, request, headers: {}, status, statusText: "" };
    }
  }

  return {
    TypeEnum,
    openClient: (timeout: number) =>
      new BoundedSms(auth, { timeout, ...(host === null ? {} : { restHost: trimSlash(host) }) }),
  };
}

// How an outcome gets through the library, which knows answers and errors only.
class Settled extends Error {
  readonly outcome: SendOutcome;

  constructor(outcome: SendOutcome) {
    super("settled");
    this.outcome = outcome;
  }
}

// The library throws for a message that was refused, and puts the answer into its error.
function outcomeOfError(error: unknown): SendOutcome {
  if (error instanceof Settled) return error.outcome;
  if (error instanceof Error && "response" in error) return readAnswer(error.response);
  return noAnswer("no answer");
}

function millisecondsUntil(deadline: number): number {
  return Math.max(1, Math.round(deadline - performance.now()));
}

function trimSlash(host: string): string {
  return host.replace(/\/+$/, "");
}
