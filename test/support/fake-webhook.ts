// A gateway behind the webhook that can be told how to misbehave.
import { type FakeProvider, startFakeProvider } from "./fake-provider.ts";

export function startFakeWebhook(): Promise<FakeProvider> {
  return startFakeProvider((n) => ({ status: 202, body: { id: `gateway-${n}` } }));
}
