// The common passwords that nobody may choose: the list of @zxcvbn-ts/language-common, 49 000 of them.
// It is loaded when a password is set for the first time, not at the start.

let loading: Promise<ReadonlySet<string>> | undefined;

// Common passwords in lower case.
export function loadBlocklist(): Promise<ReadonlySet<string>> {
  loading ??= readList();
  return loading;
}

async function readList(): Promise<ReadonlySet<string>> {
  const { dictionary } = await import("@zxcvbn-ts/language-common");
  return new Set(dictionary["passwords-common"].map((password) => password.toLowerCase()));
}
