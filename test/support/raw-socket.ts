// A request as it goes over the wire, byte by byte, for what no client would send.
import { connect } from "node:net";
import type { TestServer } from "./server.ts";

export interface WireAnswer {
  readonly status: number;
  readonly text: string;
}

// Sends these lines, and reads until the server closes. Status 0: it closed without an answer.
export function sendLines(server: TestServer, lines: readonly string[]): Promise<WireAnswer> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(server.env.PORT), "127.0.0.1");
    let text = "";
    socket.setEncoding("utf8");
    socket.on("data", (data) => {
      text += data;
    });
    socket.on("error", reject);
    socket.on("close", () => {
      resolve({ status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0), text });
    });
    socket.write(`${[...lines, "Connection: close"].join("\r\n")}\r\n\r\n`);
  });
}
