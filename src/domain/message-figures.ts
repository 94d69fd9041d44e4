// The figures of texts: how many went out, arrived and were used, and what they cost.
import type { StoredMessage } from "./message.ts";

export interface MessageFigures {
  readonly sent: number;
  // Of those, the ones that carried no code.
  readonly notices: number;
  readonly accepted: number;
  readonly delivered: number;
  readonly undelivered: number;
  readonly failed: number;
  readonly unknown: number;
  readonly verified: number;
  // Verified of the codes that may have gone out, in percent; null: none did.
  readonly conversionPercent: number | null;
  // From sending to the right code.
  readonly medianSecondsToVerify: number | null;
  readonly spentMicros: number;
  readonly failures: Readonly<Record<string, number>>;
}

export type FigureGroup = "all" | "country" | "application" | "provider";

export interface FiguresOfGroup extends MessageFigures {
  // The country, application or provider; "all" for everything.
  readonly group: string;
}

// Takes messages one by one and says what they come to, for all and for each of a group.
export function createFigures(by: FigureGroup): {
  add(message: StoredMessage): void;
  end(): FiguresOfGroup[];
} {
  const groups = new Map<string, Tally>();
  const tallyOf = (group: string) => {
    const known = groups.get(group) ?? newTally();
    groups.set(group, known);
    return known;
  };
  return {
    add(message) {
      count(tallyOf("all"), message);
      if (by !== "all") count(tallyOf(groupOf(by, message)), message);
    },
    end: () =>
      [...groups].map(([group, tally]) => ({ group, ...figuresOf(tally) })).toSorted(byVolume),
  };
}

interface Tally {
  readonly statuses: Record<StoredMessage["status"], number>;
  readonly failures: Record<string, number>;
  readonly secondsToVerify: number[];
  notices: number;
  // Codes that may have gone out.
  codesOut: number;
  spentMicros: number;
}

function newTally(): Tally {
  const statuses = {
    sending: 0,
    accepted: 0,
    failed: 0,
    unknown: 0,
    delivered: 0,
    undelivered: 0,
  };
  return { statuses, failures: {}, secondsToVerify: [], notices: 0, codesOut: 0, spentMicros: 0 };
}

function groupOf(by: Exclude<FigureGroup, "all">, message: StoredMessage): string {
  switch (by) {
    case "country":
      return message.country;
    case "application":
      return message.applicationId ?? "none";
    case "provider":
      return message.provider ?? "none";
  }
}

function count(tally: Tally, message: StoredMessage): void {
  tally.statuses[message.status]++;
  if (message.purpose === "notice") tally.notices++;
  else if (message.status !== "failed") tally.codesOut++;
  if (message.status === "failed" || message.status === "undelivered") {
    const because = message.because ?? "unknown";
    tally.failures[because] = (tally.failures[because] ?? 0) + 1;
  }
  // What certainly did not go out costs nothing.
  if (message.status !== "failed") tally.spentMicros += message.costMicros;
  if (message.verifiedAt !== null) {
    tally.secondsToVerify.push((message.verifiedAt - message.at) / 1000);
  }
}

function figuresOf({ statuses, codesOut, ...tally }: Tally): MessageFigures {
  const { accepted, delivered, undelivered, failed, sending } = statuses;
  const { notices, failures, secondsToVerify, spentMicros } = tally;
  const unknown = statuses.unknown + sending;
  const out = accepted + delivered + undelivered + unknown;
  const verified = secondsToVerify.length;
  return {
    sent: out + failed,
    notices,
    accepted: accepted + delivered + undelivered,
    delivered,
    undelivered,
    failed,
    unknown,
    verified,
    conversionPercent: codesOut === 0 ? null : Math.round((1000 * verified) / codesOut) / 10,
    medianSecondsToVerify: medianOf(secondsToVerify),
    spentMicros,
    failures,
  };
}

function medianOf(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [
    sorted[Math.floor((sorted.length - 1) / 2)],
    sorted[Math.floor(sorted.length / 2)],
  ];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}

// All first, then the largest.
function byVolume(one: FiguresOfGroup, other: FiguresOfGroup): number {
  if (one.group === "all" || other.group === "all") return one.group === "all" ? -1 : 1;
  return other.sent - one.sent || (one.group < other.group ? -1 : 1);
}
