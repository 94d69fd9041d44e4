// Start: reads the configuration and serves, in this process or in several.
import cluster from "node:cluster";
import { ConfigError, readConfig } from "./config.ts";
import { PortError } from "./listen.ts";
import { createLogger } from "./log.ts";
import { catchEngineNotices } from "./oidc/engine-notices.ts";
import { StoreRefusedError } from "./ports/errors.ts";
import { serve } from "./serve.ts";
import { textsNobody } from "./sms-settings.ts";
import { supervise } from "./supervise.ts";

// EX_CONFIG of sysexits.h: starting again changes nothing until somebody has changed a setting.
const EXIT_CONFIG = 78;

async function main(): Promise<void> {
  const config = readConfig();
  const log = createLogger(config.logLevel, config.limits);
  catchEngineNotices((level, notice) => log[level]({ event: "engine-notice", notice }));
  if (cluster.isWorker) return serve(config, log, tellSupervisor);
  for (const each of config.unknownSettings) log.warn({ event: "setting-unknown", ...each });
  if (textsNobody(config)) {
    const because = "no number can be texted: SMS_COUNTRIES is not set";
    log.warn({ event: "sms-countries-missing", because });
  }
  if (config.workers > 1) {
    if (config.metricsPort !== null) {
      const { createWorkersMetrics, serveMetrics } = await import("./metrics.ts");
      await serveMetrics({ host: config.host, port: config.metricsPort }, createWorkersMetrics());
    }
    return supervise(config.workers, log, print);
  }
  return serve(config, log, print);
}

function tellSupervisor(lines: Readonly<Record<string, string>>): void {
  process.send?.({ ready: lines });
}

function print(lines: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(lines)) {
    console.log(`${`${name}:`.padEnd(10)}${value}`);
  }
}

main().catch((error: unknown) => {
  const isRefusal = error instanceof ConfigError || error instanceof StoreRefusedError;
  console.error(isRefusal || error instanceof PortError ? error.message : error);
  process.exit(isRefusal ? EXIT_CONFIG : 1);
});
