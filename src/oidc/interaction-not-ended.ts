// Somebody opened the address that an interaction ends at while a step is still due.

export class InteractionNotEnded extends Error {
  readonly uid: string;

  constructor(uid: string) {
    super("the interaction has not ended");
    this.name = "InteractionNotEnded";
    this.uid = uid;
  }
}
