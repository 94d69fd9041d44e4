// The questions that the published truth table asks, table by table.
import { decideMfa, type MfaQuestion, needsLinkFirst } from "../src/domain/mfa-decision.ts";
import { NO_ACR_REQUESTED, type RequestedAcr } from "../src/domain/requested-acr.ts";
import { DEFAULT_RULES, type SecurityRules } from "../src/domain/security-rules.ts";

// What stands in a cell, and what it stands for.
type Choices<T> = readonly (readonly [cell: string, value: T])[];

export interface Table {
  readonly title: string;
  readonly about: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly [cells: readonly string[], question: MfaQuestion])[];
}

const PHONES: Choices<MfaQuestion["user"]["phone"]> = [
  ["none", "none"],
  ["assigned", "assigned"],
  ["bound", "bound"],
];
const SWITCH: Choices<boolean> = [
  ["off", false],
  ["on", true],
];
const SOURCE: Choices<boolean | null> = [
  ["on", true],
  ["off", false],
  ["not mentioned", null],
];
const OWN_RULES: Choices<boolean | null> = [
  ["inherits", null],
  ["own, SMS on", true],
  ["own, SMS off", false],
];
const DEMANDS: Choices<RequestedAcr> = [
  ["rules", NO_ACR_REQUESTED],
  ["request", { level: "multi", essential: true }],
];

// A password sign-in by somebody with a bound phone, where the global rules hold and SMS is on.
const A_QUESTION: MfaQuestion = {
  request: NO_ACR_REQUESTED,
  rules: { global: rulesWith({ sms: true }), own: null },
  sourceId: "password",
  upstreamDidIt: false,
  firstFactor: "pwd",
  otherFactorAgeSeconds: null,
  user: {
    phone: "bound",
    hasPassword: true,
    factorOff: false,
    hasVerifiedEmail: true,
    ageSeconds: 0,
  },
};

// All tables, in order.
export function mfaTables(): Table[] {
  return [switches(), requests(), sessions(), phoneFirst(), bindings(), phonesAndBinding()];
}

function switches(): Table {
  const rows = SWITCH.flatMap(([globalCell, globalSms]) =>
    OWN_RULES.flatMap(([ownCell, ownSms]) =>
      SOURCE.flatMap(([sourceCell, source]) =>
        PHONES.map(([phoneCell, phone]) => {
          // The source's switch stands in the rules that hold; the others say the opposite.
          const [here, elsewhere] = [sourcesWith(source), sourcesWith(source === false)];
          const global = rulesWith({ sms: globalSms, sources: ownSms === null ? here : elsewhere });
          const own = ownSms === null ? null : rulesWith({ sms: ownSms, sources: here });
          const question = withPhone(phone, { rules: { global, own } });
          return [[globalCell, ownCell, sourceCell, phoneCell], question] as const;
        }),
      ),
    ),
  );
  return {
    title: "Switches",
    about:
      "A password sign-in. The source's switch is the one in the rules that hold; when the application " +
      "has its own, the global rules say the opposite about the source, which changes nothing.",
    columns: ["global SMS", "application", "source", "phone"],
    rows,
  };
}

function requests(): Table {
  const wishes: Choices<RequestedAcr> = [
    ["nothing", NO_ACR_REQUESTED],
    ["one factor, voluntary", { level: "single", essential: false }],
    ["two factors, voluntary", { level: "multi", essential: false }],
    ["one factor, essential", { level: "single", essential: true }],
    ["two factors, essential", { level: "multi", essential: true }],
    ["not supported, essential", { level: "unsupported", essential: true }],
  ];
  const rows = wishes.flatMap(([wishCell, request]) =>
    SWITCH.flatMap(([smsCell, sms]) =>
      SOURCE.map(([sourceCell, source]) => {
        const global = rulesWith({ sms, sources: sourcesWith(source) });
        const question = { ...A_QUESTION, request, rules: { global, own: null } };
        return [[wishCell, smsCell, sourceCell], question] as const;
      }),
    ),
  );
  return {
    title: "What the request demands",
    about:
      "`acr_values` and a claim `acr` that is not essential are voluntary: their first supported value " +
      "counts. An essential claim that nobody here can give ends the request before this function is " +
      "asked; were it asked, it would take that as a demand for two factors.",
    columns: ["the request asks for", "SMS", "source"],
    rows,
  };
}

function sessions(): Table {
  const ages: Choices<readonly [age: number | null, ageMax: number | null]> = [
    ["never | none", [null, null]],
    ["never | 3600 s", [null, 3600]],
    ["10 h ago | none", [36_000, null]],
    ["now | 3600 s", [0, 3600]],
    ["3600 s ago | 3600 s", [3600, 3600]],
    ["3601 s ago | 3600 s", [3601, 3600]],
    ["now | 0 s", [0, 0]],
    ["1 s ago | 0 s", [1, 0]],
  ];
  const rows = ages.flatMap(([cells, [age, factorAgeSecondsMax]]) =>
    DEMANDS.map(([demandCell, request]) => {
      const global = rulesWith({ sms: true, factorAgeSecondsMax });
      const question = { ...A_QUESTION, request, rules: { global, own: null } };
      return [
        [...cells.split(" | "), demandCell],
        { ...question, otherFactorAgeSeconds: age },
      ] as const;
    }),
  );
  return {
    title: "What the session has proved",
    about:
      "What `max_age` and `prompt=login` rule out counts as never proved. Without a maximum age a factor " +
      "counts as long as the session lives.",
    columns: ["the code was proved", "maximum age", "demanded by"],
    rows,
  };
}

function phoneFirst(): Table {
  const passwords: Choices<boolean> = [
    ["yes", true],
    ["no", false],
  ];
  const rows = DEMANDS.flatMap(([demandCell, request]) =>
    passwords.map(([passwordCell, hasPassword]) => {
      const user = { ...A_QUESTION.user, hasPassword };
      const question = { ...A_QUESTION, request, sourceId: "sms", user };
      return [[demandCell, passwordCell], { ...question, firstFactor: "sms" as const }] as const;
    }),
  );
  return {
    title: "When the first step was a code to the phone",
    about:
      "The same phone never counts twice: the second step is the password, and who has none is told " +
      "what to do.",
    columns: ["demanded by", "has a password"],
    rows,
  };
}

// Who may bind, where there is no phone and the factor is usable.
function bindings(): Table {
  const rules: Choices<Pick<SecurityRules["mfa"], "binding" | "bindingDaysMax">> = [
    ["anybody", { binding: "anybody", bindingDaysMax: null }],
    ["a mailed link", { binding: "mailed-link", bindingDaysMax: null }],
    ["within 14 days", { binding: "within-days", bindingDaysMax: 14 }],
    ["administrator", { binding: "administrator", bindingDaysMax: null }],
  ];
  const accounts: Choices<Pick<MfaQuestion["user"], "ageSeconds" | "hasVerifiedEmail">> = [
    ["new | verified", { ageSeconds: 0, hasVerifiedEmail: true }],
    ["new | none", { ageSeconds: 0, hasVerifiedEmail: false }],
    ["14 days | verified", { ageSeconds: 14 * DAY_SECONDS, hasVerifiedEmail: true }],
    ["14 days and 1 s | verified", { ageSeconds: 14 * DAY_SECONDS + 1, hasVerifiedEmail: true }],
  ];
  const rows = rules.flatMap(([ruleCell, rule]) =>
    accounts.map(([cells, account]) => {
      const global = rulesWith({ sms: true, ...rule });
      const user = { ...A_QUESTION.user, phone: "none" as const, ...account };
      const question = { ...A_QUESTION, rules: { global, own: null }, user };
      return [[ruleCell, ...cells.split(" | "), firstOf(question)], question] as const;
    }),
  );
  return {
    title: "Who may bind a first phone",
    about:
      "A first phone that is bound on the strength of a password alone is trust on first use, so who may bind " +
      "one is a rule. The age is that of the account. A rule that cannot be read lets nobody bind. Where a link " +
      "is wanted first, the layer `binding` of the trace says `mailed-link` instead of `bind-phone`.",
    columns: ["who may bind", "the account is", "e-mail address", "first"],
    rows,
  };
}

function firstOf(question: MfaQuestion): string {
  const decision = decideMfa(question);
  if (decision.need !== "bind-phone") return "";
  return needsLinkFirst(decision) ? "the link" : "nothing";
}

const DAY_SECONDS = 86_400;

function phonesAndBinding(): Table {
  const cases: Choices<Pick<MfaQuestion, "upstreamDidIt"> & { factorOff: boolean }> = [
    ["usable | no", { factorOff: false, upstreamDidIt: false }],
    ["off | no", { factorOff: true, upstreamDidIt: false }],
    ["usable | yes", { factorOff: false, upstreamDidIt: true }],
    ["off | yes", { factorOff: true, upstreamDidIt: true }],
  ];
  const bindings = ["anybody", "administrator"] as const;
  const rows = bindings.flatMap((binding) =>
    PHONES.flatMap(([phoneCell, phone]) =>
      cases.map(([cells, { factorOff, upstreamDidIt }]) => {
        const global = rulesWith({ sms: true, binding });
        const question = withPhone(phone, { rules: { global, own: null }, upstreamDidIt });
        const user = { ...question.user, factorOff };
        return [[binding, phoneCell, ...cells.split(" | ")], { ...question, user }] as const;
      }),
    ),
  );
  return {
    title: "Phone, binding, upstream",
    about:
      "A factor is off after too many wrong codes in a row, until an administrator puts it back. Binding a " +
      "new phone is no way around that.",
    columns: ["who may bind", "phone", "factor", "done upstream"],
    rows,
  };
}

function withPhone(phone: MfaQuestion["user"]["phone"], given: Partial<MfaQuestion>): MfaQuestion {
  return { ...A_QUESTION, ...given, user: { ...A_QUESTION.user, phone } };
}

function rulesWith(given: Partial<SecurityRules["mfa"]>): SecurityRules {
  return { mfa: { ...DEFAULT_RULES.mfa, ...given } };
}

function sourcesWith(on: boolean | null): Record<string, boolean> {
  return on === null ? {} : { password: on };
}
