// How a test number lies in any store: sealed whole, its code above all, under the keyed index of the number, which
// stays what it is when the data key is replaced: that a number is a test number is no secret.
import type { TestNumber } from "../../domain/test-number.ts";
import type { Vault } from "../../domain/vault.ts";
import { openJson, sealJson } from "./sealed-json.ts";

export function testNumberKey(vault: Vault, number: string): string {
  return vault.index("test-number", number);
}

export function sealTestNumber(vault: Vault, listed: TestNumber): Buffer {
  return sealJson(vault, listed, contextOf(testNumberKey(vault, listed.number)));
}

export function openTestNumber(vault: Vault, key: string, sealed: Uint8Array): TestNumber {
  return openJson(vault, sealed, contextOf(key));
}

// The order in which they are listed.
export function byAge(one: TestNumber, other: TestNumber): number {
  return one.addedAt - other.addedAt || (one.id < other.id ? -1 : 1);
}

function contextOf(key: string): string {
  return `test-number:${key}`;
}
