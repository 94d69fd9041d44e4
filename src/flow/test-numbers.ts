// Test numbers in a sign-in. Whether a number is one is read from the store each time, and what the store throws is
// thrown on: then nothing is sent, and nobody is let in.
import type { Challenge } from "../domain/challenge.ts";
import { countryOf, isCountryAllowed, parsePhone } from "../domain/phone.ts";
import { codeOfListing, isLive, type TestNumber } from "../domain/test-number.ts";
import type { UserPhone } from "../domain/user.ts";
import { codeOf } from "./send-code.ts";
import type { FlowDeps } from "./sign-in.ts";

type Deps = { readonly storage: Pick<FlowDeps["storage"], "testNumbers"> } & Pick<FlowDeps, "now">;

// The listing of a number that is a test number now; null: it is none.
export async function findTestNumber(deps: Deps, number: string): Promise<TestNumber | null> {
  const found = await deps.storage.testNumbers.find(number);
  return found !== null && isLive(found, deps.now()) ? found : null;
}

// Whether a code can be had for a phone: by a text, if the rules of this installation let one go to its country,
// or because it is a test number. What was never bound must be a number that can be texted; or one that is
// reserved for fiction would be, once it is no test number any more.
export async function canHaveCode(
  deps: Deps & Pick<FlowDeps, "smsCountries">,
  { number, status }: Pick<UserPhone, "number" | "status">,
): Promise<boolean> {
  const country = status === "bound" ? countryOf(number) : countryOfMobile(number);
  if (country !== null && isCountryAllowed(country, deps.smsCountries)) return true;
  return (await findTestNumber(deps, number)) !== null;
}

// The code that answers a challenge; null: none does any more. One that was opened for a text is answered by the
// code in that text alone, and one that was opened under a listing by the code of that listing alone, while it
// lives: a number that is listed, or removed, in between makes neither into the other.
export async function expectedCode(
  deps: Deps & Pick<FlowDeps, "codeKeys">,
  challenge: Challenge,
): Promise<string | null> {
  const { testNumber } = challenge;
  if (!testNumber) return codeOf(deps, challenge);
  const found = await deps.storage.testNumbers.find(challenge.phone);
  return codeOfListing(testNumber, found, deps.now());
}

function countryOfMobile(number: string): string | null {
  const parsed = parsePhone(number, null);
  return parsed.outcome === "ok" ? parsed.country : null;
}
