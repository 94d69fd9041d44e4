// Our server, in a process of its own, on whichever store the environment names.
import { writeFileSync } from "node:fs";
import path from "node:path";
import { type ServerUnderTest, startUnderTest } from "./messages.ts";
import { freePort } from "./start-time.ts";

// Nothing here is about limits, so none may be in the way.
const LIMITS = {
  sendGapSeconds: 0,
  sendsPerNumberPerDay: 1_000_000,
  sendsPerUserPerDay: 1_000_000,
  sendsPerAddressPerHour: 1_000_000,
  sendsPerPrefixPerDay: 1_000_000,
  sendsPerCountryPerDay: 1_000_000,
  sendsPerDay: 1_000_000,
  smsBudgetPerDayCents: 1_000_000_000,
  passwordAttemptsUntilLock: 1_000_000,
  passwordFailuresPerAddress: 1_000_000,
};

export async function startOurs(
  dataDir: string,
  env: Record<string, string>,
): Promise<ServerUnderTest> {
  const limitsFile = path.join(dataDir, "limits.json");
  writeFileSync(limitsFile, JSON.stringify(LIMITS));
  const port = await freePort();
  return startUnderTest("server.ts", {
    DATA_DIR: dataDir,
    LIMITS_FILE: limitsFile,
    PORT: String(port),
    ISSUER: `http://127.0.0.1:${port}`,
    ...env,
  });
}
