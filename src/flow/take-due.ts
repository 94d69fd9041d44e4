// Takes what is due out of the queue, one after the other, until there is none, so many were taken, or it is over.
export async function takeDue<Claimed>(
  claim: () => Promise<Claimed | null>,
  work: (claimed: Claimed) => Promise<void>,
  { max, isOver }: { readonly max: number; readonly isOver: () => boolean },
): Promise<void> {
  for (let taken = 0; taken < max && !isOver(); taken++) {
    const claimed = await claim();
    if (claimed === null) return;
    await work(claimed);
  }
}
