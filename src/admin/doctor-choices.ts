// What doctor looks at of what administrators have chosen: rules, texts, test numbers.
import type { SecurityRules } from "../domain/security-rules.ts";
import type { Storage } from "../ports/storage.ts";
import { lintTexts } from "./application-texts.ts";
import { type Check, failed, messageOf, passed } from "./check.ts";
import type { Installation } from "./doctor.ts";
import { liveTestNumbers } from "./test-numbers.ts";

// All of them, in order. Throws what the store throws, but for rules that cannot be read.
export async function checkChoices(installation: Installation, storage: Storage): Promise<Check[]> {
  return [
    await checkTexts(installation, storage),
    passed("test-numbers", await testNumbersSentence(installation, storage)),
    ...(await checkMailedLinks(installation, storage)),
  ];
}

async function checkTexts(
  { frame, ours, changes, notices }: Installation,
  storage: Storage,
): Promise<Check> {
  const problems = await lintTexts({ storage, frame, ours, changes, notices });
  if (problems.length === 0) return passed("texts", "Each fits one segment.");
  const sentences = problems.map(({ client, language, kind, sentences: wrong }) => {
    const whose = client === null ? "Our text" : `The text of ${client}`;
    return `${whose} for ${kind} in ${language}: ${wrong.join(" ")}`;
  });
  return failed("texts", sentences.join(" "));
}

// Wanted or not is for the administrator to say; that they are there must not be forgotten.
async function testNumbersSentence(
  { production, now }: Installation,
  storage: Storage,
): Promise<string> {
  const { size } = await liveTestNumbers({ storage, now });
  if (size === 0) return "There are none.";
  const sentence = `${size} ${size === 1 ? "is" : "are"} live: nothing is sent there, and each code is fixed.`;
  return production ? `Warning: ${sentence} See test-number list.` : sentence;
}

// Where a link in a mail comes before a first phone, nobody without a phone gets in while no mail is sent.
async function checkMailedLinks(
  { smtp, production }: Installation,
  storage: Storage,
): Promise<Check[]> {
  let rules: SecurityRules[];
  try {
    rules = await readAllRules(storage);
  } catch (error) {
    return [failed("rules", `They cannot be read, and nobody gets in: ${messageOf(error)}`)];
  }
  if (!rules.some(({ mfa }) => mfa.binding === "mailed-link")) return [];
  if (smtp !== null || !production) {
    return [passed("mailed-links", "Links for a first phone can be mailed.")];
  }
  const sentence =
    "A rule wants a link in a mail before a first phone; set SMTP_URL and MAIL_FROM.";
  return [failed("mailed-links", sentence)];
}

async function readAllRules(storage: Storage): Promise<SecurityRules[]> {
  const { global } = await storage.rules.find(null);
  const rules = [global];
  for (const { id } of await storage.applications.list()) {
    const { own } = await storage.rules.find(id);
    if (own !== null) rules.push(own);
  }
  return rules;
}
