// How an engine's record lies in any store: under the hash of model and id, the payload sealed without
// its id, beside it the few fields that are searched.
import { createHash } from "node:crypto";
import type { Vault } from "../../domain/vault.ts";
import type { RecordPayload, RecordToSave } from "../../ports/records.ts";
import { openJson, sealJson } from "./sealed-json.ts";

export interface StoredRecord {
  readonly key: string;
  readonly payload: Buffer;
  // What the payload itself says of it; seconds since 1970.
  readonly consumed: number | null;
  readonly grantId: string | null;
  readonly accountId: string | null;
  readonly uidIndex: string | null;
  readonly userCodeIndex: string | null;
}

// When a record counts as consumed whose reuse was ended: the first second that is not zero, which the engine would take
// for "not consumed".
export const CONSUMED_LONG_AGO = 1;

// Ids are long and random, so that a plain hash does: nobody can try them all.
export function recordKey(model: string, id: string): string {
  return createHash("sha256").update(`${model}\0${id}`).digest("base64url");
}

// Session uids and user codes are secrets as well, and a user code is short: keyed.
export function uidIndex(vault: Vault, uid: string): string {
  return vault.index("session-uid", uid);
}

export function userCodeIndex(vault: Vault, userCode: string): string {
  return vault.index("user-code", userCode);
}

export function storeRecord(vault: Vault, record: RecordToSave): StoredRecord {
  const key = recordKey(record.model, record.id);
  const { jti, consumed, ...rest } = record.payload;
  const [uid, userCode] = [textOf(rest.uid), textOf(rest.userCode)];
  // Who comes with a user code alone gets the id from nowhere else, and the engine needs it to go on.
  const kept = userCode === null ? rest : { ...rest, jti };
  return {
    key,
    payload: sealPayload(vault, key, kept),
    consumed: typeof consumed === "number" ? consumed : null,
    grantId: textOf(rest.grantId),
    accountId: textOf(rest.accountId),
    uidIndex: uid && uidIndex(vault, uid),
    userCodeIndex: userCode && userCodeIndex(vault, userCode),
  };
}

export function sealPayload(vault: Vault, key: string, payload: RecordPayload): Buffer {
  return sealJson(vault, payload, contextOf(key));
}

// The payload as it was saved, without its id.
export function openPayload(
  vault: Vault,
  stored: { readonly key: string; readonly payload: Uint8Array; readonly consumed: number | null },
): RecordPayload {
  const payload = openJson<RecordPayload>(vault, stored.payload, contextOf(stored.key));
  return stored.consumed === null ? payload : { ...payload, consumed: stored.consumed };
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function contextOf(key: string): string {
  return `record:${key}`;
}
