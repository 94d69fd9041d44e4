// What a stolen copy of a server's store would hold, as it lies there.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import mongoose from "mongoose";
import type { TestServer } from "./server.ts";

// Everything that is stored, as text of one byte a character.
export async function storedBytes(server: TestServer): Promise<string> {
  const { MONGODB_URI: uri } = server.env;
  const bytes = uri === undefined ? readFiles(server.dataDir) : await readDatabase(uri);
  if (bytes.length === 0) throw new Error("there is no store to look into");
  return Buffer.concat(bytes).toString("latin1");
}

function readFiles(dataDir: string): Buffer[] {
  return readdirSync(dataDir)
    .filter((name) => name.startsWith("latchkey.sqlite"))
    .map((name) => readFileSync(path.join(dataDir, name)));
}

async function readDatabase(uri: string): Promise<Buffer[]> {
  const connection = await mongoose.createConnection(uri).asPromise();
  const bytes: Buffer[] = [];
  for (const { name } of await connection.listCollections()) {
    const documents = await connection.collection(name).find({}, { raw: true }).toArray();
    for (const document of documents) bytes.push(Buffer.from(Object(document)));
  }
  await connection.close();
  return bytes;
}
