// Listening: where, and what to say where that is not possible.
import type { Server } from "node:http";

export interface Place {
  readonly host: string;
  readonly port: number;
  // The variable that changes the port.
  readonly setting: "PORT" | "METRICS_PORT";
}

// Why nothing can be served, in a sentence; it may be otherwise in a minute.
export class PortError extends Error {}

export function listen(server: Server, place: Place): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) => reject(asPortError(error, place)));
    server.listen(place.port, place.host, () => resolve(server));
  });
}

function asPortError(error: Error & { code?: string }, { host, port, setting }: Place): Error {
  const because = {
    EADDRINUSE: `port ${port} of ${host} is taken by another program; stop it, or set ${setting} to another one`,
    EACCES: `this user may not listen on port ${port}; set ${setting} to one from 1024 on`,
    EADDRNOTAVAIL: `this machine has no address ${host}; set HOST to one that it has`,
  }[error.code ?? ""];
  return because === undefined ? error : new PortError(`Cannot listen: ${because}.`);
}
