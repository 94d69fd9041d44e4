// The browser's session is not the one any more that an interaction began with: somebody signed in or out in another
// tab. What was proved for it is void.
import type { EngineRecord } from "../domain/interaction.ts";

export class SessionChanged extends Error {
  readonly record: EngineRecord;

  constructor(record: EngineRecord) {
    super("the session has changed since the interaction began");
    this.name = "SessionChanged";
    this.record = record;
  }
}
