// JSON whose members are in the order of their names, so that what is equal has equal text (after RFC 8785,
// for values without numbers that JSON and ECMAScript write differently).

// The text of a value. Members that are undefined are left out, as JSON leaves them out.
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_name, member: unknown) => {
    if (typeof member !== "object" || member === null || Array.isArray(member)) return member;
    return Object.fromEntries(Object.entries(member).toSorted(byName));
  });
}

function byName([one]: [string, unknown], [other]: [string, unknown]): number {
  return one < other ? -1 : 1;
}
