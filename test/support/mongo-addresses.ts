// Addresses of databases for tests.
import { randomBytes } from "node:crypto";

// A server's address with an empty database of its own; the query of the address stays.
export function emptyDatabase(server: string): string {
  const parts = /^(?<hosts>mongodb(?:\+srv)?:\/\/[^/?]+)\/?[^?]*(?<query>\?.*)?$/.exec(
    server,
  )?.groups;
  if (parts === undefined) throw new Error("not the address of a MongoDB server");
  return `${parts.hosts}/latchkey_${randomBytes(6).toString("hex")}${parts.query ?? ""}`;
}
