// Stores on MongoDB for tests.
import type { Command } from "../../src/adapters/mongo/database.ts";
import { openMongoStorage } from "../../src/adapters/mongo/storage.ts";
import type { Storage } from "../../src/ports/storage.ts";

export const SECRETS = ["a-secret-for-tests-of-32-bytes-or-more"];

// Longer than in production: two hundred racers on two busy cores are no failing database.
const PATIENT_CALL_MS = 20_000;

export function openPatiently(
  uri: string,
  onCommand?: (command: Command) => void,
): Promise<Storage> {
  return openMongoStorage({ uri, secrets: SECRETS, callMs: PATIENT_CALL_MS, onCommand });
}
