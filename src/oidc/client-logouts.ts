// Back-channel logout (OpenID Connect Back-Channel Logout 1.0): the engine tells applications while their user waits.
// Here it queues what they are to be told, and tells them when the queue says so.
import type { Client, Provider } from "oidc-provider";
import type { ClientLogout } from "../domain/client-logout.ts";
import type { LogoutOutcome } from "../flow/deliver-logouts.ts";

export type QueueLogout = (
  logout: Pick<ClientLogout, "clientId" | "userId" | "sid">,
) => Promise<void>;

// The engine's own way: makes the token, posts it, and rejects unless the answer is 200 or 204.
type TellNow = (this: Client, userId: string, sid: string) => Promise<void>;

const tellsNow = new WeakMap<Provider, TellNow>();

export function queueLogouts(provider: Provider, queue: QueueLogout): void {
  const prototype = provider.Client.prototype as Client & { backchannelLogout: TellNow };
  tellsNow.set(provider, prototype.backchannelLogout);
  prototype.backchannelLogout = function queueLogout(userId, sid) {
    return queue({ clientId: this.clientId, userId, sid });
  };
}

// Tells an application with a token that is made now.
export async function tellOfLogout(
  provider: Provider,
  { clientId, userId, sid }: ClientLogout,
): Promise<LogoutOutcome> {
  const client = await provider.Client.find(clientId);
  const url = client?.backchannelLogoutUri;
  const tellNow = tellsNow.get(provider);
  if (client === undefined || url === undefined) return { outcome: "nobody-to-tell" };
  if (tellNow === undefined) throw new Error("the engine's logout is not known");
  try {
    await tellNow.call(client, userId, sid);
    return { outcome: "told", url };
  } catch (error) {
    return { outcome: "failed", url, because: reasonOf(error) };
  }
}

// An answer with another status comes as an error that holds it.
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  const { response } = error as { response?: unknown };
  return response instanceof Response ? `status-${response.status}` : error.message;
}
