// User names that look like another one (UTS #39): names that mix scripts are not made, nor names with the skeleton of one
// that is there. What looks like what is the Unicode Consortium's table, in a library of its own.
import unhomoglyph from "unhomoglyph";
import { normalUsername, type User } from "./user.ts";

// The scripts in common use (UAX #31, table 5), and those that are written together (UTS #39, 5.2, highly restrictive).
const SCRIPTS = [
  ..."Arab Armn Beng Bopo Cyrl Deva Ethi Geor Grek Gujr Guru Hang Hani Hebr Hira Kana Khmr Knda Laoo Latn".split(
    " ",
  ),
  ..."Mlym Mymr Orya Sinh Taml Telu Thaa Thai Tibt".split(" "),
].map((script) => [script]);
const TOGETHER = [
  ["Latn", "Hani", "Hira", "Kana"],
  ["Latn", "Hani", "Bopo"],
  ["Latn", "Hani", "Hang"],
];
const IN_ONE_SCRIPT = [...SCRIPTS, ...TOGETHER].map((scripts) => {
  const parts = [...scripts, "Zyyy", "Zinh"].map((script) => `\\p{scx=${script}}`);
  return new RegExp(`^[${parts.join("")}]*$`, "u");
});

// Whether all letters can be of one script, or of those that are written together.
export function isInOneScript(name: string): boolean {
  return IN_ONE_SCRIPT.some((script) => script.test(name));
}

// What a name looks like, as it is shown and as it is found. No two users have one in common, as far as names were made
// or changed since there are skeletons.
export function lookAlikesOf({ username }: Pick<User, "username">): string[] {
  if (username === null) return [];
  return [...new Set([skeleton(username), skeleton(normalUsername(username))])];
}

// UTS #39, 4. A dot above a letter that has one already is not seen (Unicode, 7.1).
function skeleton(name: string): string {
  const visible = name.normalize("NFD").replace(/\p{Default_Ignorable_Code_Point}/gu, "");
  return unhomoglyph(visible)
    .normalize("NFD")
    .replace(/(\p{Soft_Dotted})\u0307/gu, "$1");
}
