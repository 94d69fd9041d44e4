// How a mail lies in any store: sealed whole, for it says whose address, and what happened to them.
import type { Mail } from "../../domain/mail.ts";
import { addSeconds, type Instant } from "../../domain/time.ts";
import type { Vault } from "../../domain/vault.ts";
import { openJson, sealJson } from "./sealed-json.ts";

// What is older tells nobody anything that helps. Longer than all the pauses between attempts together.
const LIFE_SECONDS = 259_200;

export function sealMail(vault: Vault, mail: Mail): Buffer {
  return sealJson(vault, mail, contextOf(mail.id));
}

export function openMail(vault: Vault, id: string, sealed: Uint8Array): Mail {
  return openJson<Mail>(vault, sealed, contextOf(id));
}

export function mailEndsAt({ at }: Pick<Mail, "at">): Instant {
  return addSeconds(at, LIFE_SECONDS);
}

function contextOf(id: string): string {
  return `mail:${id}`;
}
