// Every state of the pages that an error leads to, as a server draws it: each is got by the posts that a browser
// makes, so that a state which the routes draw wrongly cannot hide behind a model that was written for a test.
import {
  afterPassword,
  atSignIn,
  openScene,
  otherThan,
  type Scene,
  signedIn,
} from "../attacks/scene.ts";
import { type Browser, csrfOf, type Page } from "./browser.ts";
import { fakes, startFakeVonage } from "./fake-vonage.ts";

export interface State {
  readonly name: string;
  readonly page: Page;
}

type Take = (name: string, page: Page) => void;

// Walks through all of them; `scene` is to be closed by the caller.
export async function walkStates(): Promise<{ scene: Scene; states: State[] }> {
  const scene = await openScene({ limits: { sendGapSeconds: 0, sendsPerChallenge: 2 } });
  const states: State[] = [];
  const take: Take = (name, page) => {
    states.push({ name, page });
  };
  await walkSignIn(scene, take);
  await walkWrongCodes(scene, take);
  await walkResend(scene, take);
  await walkBinding(scene, take);
  await walkStepUp(scene, take);
  await walkLink(scene, take);
  await walkRecovery(scene, take);
  await walkOutage(take);
  return { scene, states };
}

// No provider takes a text, and a recovery code may stand in for one.
async function walkOutage(take: Take): Promise<void> {
  const vonage = await startFakeVonage();
  vonage.script(...Array.from({ length: 50 }, () => fakes.status(503)));
  const { server, strict, victim } = await openScene({
    env: {
      ...{ SMS_PROVIDERS: "vonage", SMS_COUNTRIES: "US", VONAGE_HOST: vonage.url },
      ...{ VONAGE_API_KEY: "key", VONAGE_API_SECRET: "secret", VONAGE_FROM: "Latchkey" },
    },
    limits: { smsTimeoutSeconds: 2, smsFailuresUntilOpen: 1000 },
  });
  try {
    await server.latchkey("mfa", "rule", "outage", "other-factor", "--client", "strict");
    const dave = victim();
    await server.latchkey("user", "recovery-codes", dave.username);
    const { browser, page } = await afterPassword(strict, dave);
    take("outage", page);
    const type = (recovery_code: string) => browser.post(page, "recovery-code", { recovery_code });
    take("outage-empty", await type(""));
    take("outage-malformed", await type("x"));
    const wrong = (by: number) => type(`0000-0000-0000-0000-0000-000${by}`);
    for (let i = 1; i <= 5; i++) take(`outage-wrong-${i}`, await wrong(i));
    take("outage-dead", await wrong(6));
    take("outage-resend", await browser.post(page, "resend"));
  } finally {
    await server.close();
    await vonage.close();
  }
}

async function walkSignIn({ strict }: Scene, take: Take): Promise<void> {
  const { browser, page } = await atSignIn(strict);
  take("sign-in", page);
  take("sign-in-empty", await browser.post(page, "login"));
  take("sign-in-no-password", await browser.post(page, "login", { login: "alice" }));
  const wrong = { login: "alice", password: "wrong" };
  take("sign-in-wrong", await browser.post(page, "login", wrong));
}

async function walkWrongCodes({ server, strict, victim }: Scene, take: Take): Promise<void> {
  const alice = victim();
  const first = await afterPassword(strict, alice);
  take("code", first.page);
  take("code-empty", await first.browser.post(first.page, "code", { code: "" }));
  take("code-malformed", await first.browser.post(first.page, "code", { code: "12a" }));
  const guess = (by: number, { browser, page } = first) =>
    browser.post(page, "code", { code: otherThan(server.lastCode(alice.phone), by) });
  for (let i = 1; i <= 5; i++) take(`code-wrong-${i}`, await guess(i));
  take("code-dead", await guess(6));
  take("code-dead-shown", await first.browser.open(first.page.url));

  const second = await afterPassword(strict, alice);
  for (let i = 1; i <= 5; i++) take(`code-wrong-${5 + i}`, await guess(i, second));
  take("code-locked", await guess(1, second));
  take("code-locked-shown", await second.browser.open(second.page.url));
  take("code-locked-resend", await second.browser.post(second.page, "resend"));
  take("code-locked-sign-in", (await afterPassword(strict, alice)).page);
}

async function walkResend({ strict, victim }: Scene, take: Take): Promise<void> {
  const { browser, page } = await afterPassword(strict, victim());
  take("code-again", await browser.submit(page, "resend"));
  take("code-sends-spent", await browser.post(page, "resend"));
}

async function walkBinding({ server, strict, victimWithoutPhone }: Scene, take: Take) {
  const bob = victimWithoutPhone();
  const { browser, page } = await afterPassword(strict, bob);
  take("bind", page);
  take("bind-empty", await browser.post(page, "phone"));
  take("bind-malformed", await browser.post(page, "phone", { phone: "12", country: "US" }));
  take("bind-no-country", await browser.post(page, "phone", { phone: "415 555 2671" }));
  const bound = await browser.submit(page, "phone", { phone: bob.phone });
  take("bind-code", bound);
  const code = { code: otherThan(server.lastCode(bob.phone)) };
  take("bind-code-wrong", await browser.post(bound, "code", code));
  take(
    "bind-replace-malformed",
    await browser.post(bound, "phone", { phone: "12", country: "US" }),
  );
  take("bind-replace-no-country", await browser.post(bound, "phone", { phone: "415 555 2671" }));
  const other = { phone: victimWithoutPhone().phone };
  await browser.post(bound, "phone", other);
  take("bind-replace-capped", await browser.post(bound, "phone", { phone: bob.phone }));
}

async function walkStepUp(scene: Scene, take: Take): Promise<void> {
  const session = await signedIn(scene, scene.lax, scene.victim());
  const { browser, page } = await atSignIn(scene.strict, {}, session.browser);
  take("step-up", page);
  take("step-up-sent", await browser.submit(page, "resend"));
}

async function walkLink({ server, strict, victimWithoutPhone }: Scene, take: Take): Promise<void> {
  const carol = victimWithoutPhone();
  await server.latchkey("mfa", "rule", "binding", "mailed-link", "--client", "strict");
  take("refused", (await afterPassword(strict, carol)).page);
  const email = ["--email", "carol@example.com", "--email-verified"];
  await server.latchkey("user", "update", carol.username, ...email);
  const { browser, page } = await afterPassword(strict, carol);
  take("mailed-link", page);
  for (let i = 1; i <= 4; i++) take(`mailed-link-${i}`, await browser.submit(page, "send-link"));
  take("mailed-link-wrong", await browser.post(page, "link", { token: "wrong" }));
  await server.latchkey("mfa", "rule", "binding", "anybody", "--client", "strict");
}

async function walkRecovery({ server, strict }: Scene, take: Take): Promise<void> {
  const { browser } = await atSignIn(strict);
  const page = await browser.open(`${server.issuer}/recovery`);
  take("recovery", page);
  take("recovery-empty", await postTo(browser, page, page.url));
  take("interaction-lost", await browser.open(`${server.issuer}/interaction/none`));
}

function postTo(browser: Browser, page: Page, url: string): Promise<Page> {
  const body = new URLSearchParams({ csrf: csrfOf(page) });
  return browser.request(url, { method: "POST", body });
}
