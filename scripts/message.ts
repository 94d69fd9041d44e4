// latchkey message: the texts that went out.
import { type Command, Option } from "commander";
import { liftPause, listMessages, listPauses, messageStats } from "../src/admin/messages.ts";
import type { FigureGroup } from "../src/domain/message-figures.ts";
import { printList, printThing } from "./print.ts";
import { addCommand, parseCount, withStore } from "./run.ts";

const DAY_MS = 86_400_000;

export function addMessageCommands(program: Command): void {
  const message = program.command("message").description("the texts that went out");

  addCommand(message, "list", {
    description: "list texts, the oldest first: what became of each, never its number or code",
    examples: ["message list --days 1"],
  })
    .option("--days <n>", "of so many days", parseCount, 1)
    .option("--limit <n>", "at most so many, up to 1000", parseCount, 100)
    .action(async ({ days, limit }: { days: number; limit: number }) => {
      const items = await withStore((deps) =>
        listMessages(deps, { ...lastDays(deps.now(), days), limit }),
      );
      printList(
        items.map(({ at, statusAt, verifiedAt, ...rest }) => ({
          ...rest,
          at: iso(at),
          statusAt: iso(statusAt),
          verifiedAt: verifiedAt === null ? null : iso(verifiedAt),
        })),
        ["at", "applicationId", "country", "provider", "status", "because", "verifiedAt"],
      );
    });

  addCommand(message, "stats", {
    description: "sent, delivered, typed, seconds to the right code, failures and spend",
    examples: ["message stats --days 30 --by country"],
  })
    .option("--days <n>", "of so many days", parseCount, 7)
    .addOption(
      new Option("--by <group>", "and for each of these")
        .choices(["all", "country", "application", "provider"])
        .default("all"),
    )
    .action(async ({ days, by }: { days: number; by: FigureGroup }) => {
      const items = await withStore(async (deps) => {
        const figures = await messageStats(deps, { ...lastDays(deps.now(), days), by });
        const { currency } = deps.config.smsPrices;
        return figures.map((each) => ({ ...each, currency }));
      });
      printList(items, [
        "group",
        "sent",
        "delivered",
        "failed",
        "verified",
        "conversionPercent",
        "medianSecondsToVerify",
        "spentMicros",
      ]);
    });

  addCommand(message, "pauses", {
    description: "list the ranges of numbers and the countries to which texts are paused",
    examples: ["message pauses"],
  }).action(async () => {
    const pauses = await withStore(listPauses);
    printList(
      pauses.map(({ scope, since, trialFrom }) => ({
        scope,
        since: iso(since),
        trialFrom: iso(trialFrom),
      })),
      ["scope", "since", "trialFrom"],
    );
  });

  addCommand(message, "lift <place>", {
    description: "let texts go to a range of numbers or a country again",
    examples: ["message lift +1415555", "message lift US"],
  }).action(async (place: string) => {
    printThing(await withStore((deps) => liftPause(deps, place)));
  });
}

function lastDays(now: number, days: number): { from: number; to: number } {
  return { from: now - days * DAY_MS, to: now + 1 };
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
