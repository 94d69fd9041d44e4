// A Twilio that can be told how to misbehave.
import { type Behaviour, type FakeProvider, startFakeProvider } from "./fake-provider.ts";

// A SID as Twilio makes them.
export function twilioSid(prefix: "AC" | "MG" | "SM", n = 1): string {
  return prefix + n.toString(16).padStart(32, "0");
}

export function startFakeTwilio(): Promise<FakeProvider> {
  return startFakeProvider((n) => ({
    status: 201,
    body: { sid: twilioSid("SM", n), status: "queued", error_code: null, error_message: null },
  }));
}

// One of Twilio's own error documents, which quotes the number, as they do.
export function twilioError(
  status: number,
  code: number,
  headers: Readonly<Record<string, string>> = {},
): Behaviour {
  return {
    kind: "answer",
    status,
    headers,
    body: JSON.stringify({
      code,
      message: "The number +14155552671 is not for us",
      more_info: `https://www.twilio.com/docs/errors/${code}`,
      status,
    }),
  };
}

// A message that was taken and failed at once.
export function twilioMessage(status: string, code: number | null): Behaviour {
  return {
    kind: "answer",
    status: 201,
    body: JSON.stringify({ sid: twilioSid("SM"), status, error_code: code, to: "+14155552671" }),
  };
}
