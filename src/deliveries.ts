// What goes out beside the requests, wired: mails, texts that carry no code, and logouts by the back channel.
import path from "node:path";
import type { Parts } from "./app.ts";
import { BRAND } from "./brand.ts";
import type { DerivedKeys } from "./derived-keys.ts";
import { supportAddressOf } from "./domain/support-contact.ts";
import { answerRecoveries } from "./flow/answer-recoveries.ts";
import { deliverDueLogouts, type LogoutDeliveryDeps } from "./flow/deliver-logouts.ts";
import { deliverDueMails, type MailDeliveryDeps } from "./flow/deliver-mails.ts";
import { deliverDueTexts, type TextDeliveryDeps } from "./flow/deliver-texts.ts";
import type { SendMessage } from "./flow/send-text.ts";
import { createMailView } from "./http/mail-view.ts";
import { createLinkFinder } from "./http/mailed-links.ts";
import type { Web } from "./http/web.ts";
import { mailSenderOf } from "./mail-sender.ts";
import { tellOfLogout } from "./oidc/client-logouts.ts";
import type { Engine } from "./oidc/engine.ts";
import { createNoticeComposer, createNoticeQuote } from "./texts.ts";

const MAIL_VIEWS = path.resolve(import.meta.dirname, "..", "views", "mail");

export interface Deliveries {
  // Sends mails that are due, a few, until it is over. Null: nobody is told by mail here.
  readonly deliverMails: ((isOver: () => boolean) => Promise<void>) | null;
  // The same for texts that carry no code.
  readonly deliverTexts: (isOver: () => boolean) => Promise<void>;
  // The same for applications that are to be told of a logout.
  readonly deliverLogouts: (isOver: () => boolean) => Promise<void>;
}

interface Wired {
  readonly web: Pick<Web, "flow" | "languages">;
  readonly keys: DerivedKeys;
  readonly send: SendMessage;
  readonly engine: Engine;
}

// At once so many from one process; the others come with the next run.
const MAILS_A_RUN = 20;
const TEXTS_A_RUN = 20;
const REQUESTS_A_RUN = 50;
const LOGOUTS_A_RUN = 100;

export async function createDeliveries(parts: Parts, wired: Wired): Promise<Deliveries> {
  const { flow } = wired.web;
  const [mails, texts] = [await mailDelivery(parts, wired), textDelivery(parts, wired)];
  const logouts = logoutDelivery(parts, wired);
  return {
    deliverMails:
      mails &&
      (async (isOver) => {
        // First, so that what they queue goes out in the same run.
        await answerRecoveries(flow, REQUESTS_A_RUN, isOver);
        await deliverDueMails(mails, MAILS_A_RUN, isOver);
      }),
    deliverTexts: (isOver) => deliverDueTexts(texts, TEXTS_A_RUN, isOver),
    deliverLogouts: (isOver) => deliverDueLogouts(logouts, LOGOUTS_A_RUN, isOver),
  };
}

function textDelivery({ config }: Parts, { web, send }: Wired): TextDeliveryDeps {
  const { flow, languages } = web;
  const { storage, smsCountries, alarm, limits, now } = flow;
  const [compose, priceOf] = [
    createNoticeComposer(languages, supportAddressOf(config.support)),
    createNoticeQuote(config),
  ];
  return { storage, smsCountries, alarm, limits, now, send, compose, priceOf };
}

async function mailDelivery(
  { config, storage, log, now }: Parts,
  { web: { languages }, keys: { linkKeys } }: Wired,
): Promise<MailDeliveryDeps | null> {
  const sender = await mailSenderOf(config);
  if (sender === null) return null;
  const host = new URL(config.issuer).host;
  return {
    storage,
    sender,
    compose: createMailView({
      viewsDir: MAIL_VIEWS,
      languages,
      brand: BRAND,
      host,
      support: supportAddressOf(config.support),
      findLink: createLinkFinder(config.issuer, linkKeys),
    }),
    limits: config.limits,
    now,
    onOutcome: ({ outcome, ...event }) => {
      const level = outcome.outcome === "accepted" ? "info" : "warn";
      log[level]({ event: "mail-sent", ...event, ...outcome });
    },
  };
}

function logoutDelivery(
  { config, storage, log, now }: Parts,
  { engine }: Wired,
): LogoutDeliveryDeps {
  return {
    storage,
    tell: (logout) => tellOfLogout(engine.provider(), logout),
    limits: config.limits,
    now,
    onOutcome: ({ because, ...event }) => {
      if (because === null) log.info({ event: "backchannel-logout-told", ...event });
      else log.warn({ event: "backchannel-logout-failed", because, ...event });
    },
  };
}
