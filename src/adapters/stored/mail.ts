// How a mail, or a text without a code, lies in any store: sealed whole, for it says whose address or number, and
// what happened to them.
import type { ClientLogout } from "../../domain/client-logout.ts";
import type { Mail } from "../../domain/mail.ts";
import type { NoticeText } from "../../domain/notice-text.ts";
import type { RecoveryRequest } from "../../domain/recovery.ts";
import { addSeconds, type Instant } from "../../domain/time.ts";
import type { Vault } from "../../domain/vault.ts";
import type { Queued } from "../../ports/mail.ts";
import { openJson, sealJson } from "./sealed-json.ts";

// What is older tells nobody anything that helps. Longer than all the pauses between attempts together.
const LIFE_SECONDS = 259_200;

export function sealQueued(vault: Vault, item: Queued): Buffer {
  return sealJson(vault, item, contextOf(item.channel, item.id));
}

// Mails that an earlier version queued do not say that they are mails.
export function openMail(vault: Vault, id: string, sealed: Uint8Array): Mail {
  const opened = openJson<Omit<Mail, "channel">>(vault, sealed, contextOf("mail", id));
  return { ...opened, channel: "mail" };
}

export function openNoticeText(vault: Vault, id: string, sealed: Uint8Array): NoticeText {
  return openJson<NoticeText>(vault, sealed, contextOf("sms", id));
}

export function openRecoveryRequest(vault: Vault, id: string, sealed: Uint8Array): RecoveryRequest {
  return openJson<RecoveryRequest>(vault, sealed, contextOf("recovery", id));
}

export function openClientLogout(vault: Vault, id: string, sealed: Uint8Array): ClientLogout {
  return openJson<ClientLogout>(vault, sealed, contextOf("logout", id));
}

export function queuedEndsAt({ at }: Pick<Queued, "at">): Instant {
  return addSeconds(at, LIFE_SECONDS);
}

// The channel stands in the clear beside what is sealed: one that somebody has changed opens nothing.
function contextOf(channel: Queued["channel"], id: string): string {
  return `${channel}:${id}`;
}
