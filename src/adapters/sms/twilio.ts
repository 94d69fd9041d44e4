// Twilio's Messages API, spoken directly: it is one form in one POST.
// https://www.twilio.com/docs/messaging/api/message-resource
import type { SmsProvider } from "../../ports/sms.ts";
import { type Attempt, sendWithRetry } from "./attempts.ts";
import { post } from "./post.ts";
import { readTwilioAnswer } from "./twilio-answer.ts";

export interface TwilioOptions {
  readonly accountSid: string;
  readonly authToken: string;
  // A number, a sender's name, or the SID of a Messaging Service.
  readonly from: string;
  // Where the API is, if not at its usual place.
  readonly host: string | null;
  // Where it posts receipts to; null: nowhere that it could reach.
  readonly receiptsUrl?: string | null;
}

const USUAL_HOST = "https://api.twilio.com";

export function createTwilio(options: TwilioOptions): SmsProvider {
  const { accountSid, authToken, from } = options;
  const host = (options.host ?? USUAL_HOST).replace(/\/+$/, "");
  const url = new URL(
    `${host}/2010-04-01/Accounts/${encodeURIComponent(accountSid)}/Messages.json`,
  );
  const credentials = Buffer.from(`${accountSid}:${authToken}`).toString("base64");
  const receipts = options.receiptsUrl ? { StatusCallback: options.receiptsUrl } : {};
  const sender = isMessagingService(from) ? { MessagingServiceSid: from } : { From: from };

  const attempt: Attempt = async ({ to, text }, milliseconds) => {
    const result = await post({
      url,
      headers: {
        Authorization: `Basic ${credentials}`,
        "Content-Type": "application/x-www-form-urlencoded",
      },
      body: new URLSearchParams({ To: to, ...sender, Body: text, ...receipts }).toString(),
      milliseconds,
    });
    return result.answered ? readTwilioAnswer(result.answer) : result.outcome;
  };

  return {
    name: "twilio",
    send: (message, timeoutSeconds) => sendWithRetry(attempt, message, timeoutSeconds),
  };
}

// The form that Twilio gives all its identifiers. A sender's name has at most eleven characters.
function isMessagingService(from: string): boolean {
  return /^MG[0-9a-fA-F]{32}$/.test(from);
}
