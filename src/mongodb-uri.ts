// What a MONGODB_URI must say, and what it must not say in production. The rest of it is the driver's
// business. It may hold a password: no problem that is told quotes it.

const FORM =
  /^mongodb(?:\+srv)?:\/\/(?:[^@/]+@)?[^@/?]+\/(?<database>[^/?]+)(?:\?(?<options>.*))?$/;

// What is written must be on the disks of a majority and what is read must come from the primary, or a
// failover takes back what was acknowledged: a spent code, a lock, a switch.
const WEAKER: Readonly<Record<string, (value: string) => string | null>> = {
  w: (value) => (value === "majority" ? null : "w must be majority"),
  journal: (value) => (value === "true" ? null : "journal must be true"),
  j: (value) => (value === "true" ? null : "j must be true"),
  readpreference: (value) => (value === "primary" ? null : "readPreference must be primary"),
  readconcernlevel: (value) =>
    value === "available" ? "readConcernLevel must not be available" : null,
  tlsinsecure: (value) => (value === "true" ? "tlsInsecure must not be true" : null),
  tlsallowinvalidcertificates: (value) =>
    value === "true" ? "tlsAllowInvalidCertificates must not be true" : null,
  tlsallowinvalidhostnames: (value) =>
    value === "true" ? "tlsAllowInvalidHostnames must not be true" : null,
};

// Every problem with it, in words that follow the variable's name.
export function problemsOfMongodbUri(uri: string, production: boolean): string[] {
  const parts = FORM.exec(uri)?.groups;
  if (parts === undefined) {
    return ["must be mongodb://HOSTS/DATABASE or mongodb+srv://HOST/DATABASE, with a database"];
  }
  if (!production) return [];
  return [...new URLSearchParams(parts.options)].flatMap(
    ([name, value]) => WEAKER[name.toLowerCase()]?.(value) ?? [],
  );
}
