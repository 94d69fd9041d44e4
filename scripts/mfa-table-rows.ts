// The questions that the published truth table asks, table by table.
import { NO_ACR_REQUESTED, type RequestedAcr } from "../src/domain/requested-acr.ts";
import { bindings, enrolments, phonesAndBinding } from "./mfa-table-binding.ts";
import {
  A_QUESTION,
  type Choices,
  PHONES,
  rulesWith,
  type Table,
  withPhone,
} from "./mfa-table-question.ts";

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

// All tables, in order.
export function mfaTables(): Table[] {
  return [
    switches(),
    requests(),
    sessions(),
    phoneFirst(),
    bindings(),
    enrolments(),
    phonesAndBinding(),
  ];
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

function sourcesWith(on: boolean | null): Record<string, boolean> {
  return on === null ? {} : { password: on };
}
