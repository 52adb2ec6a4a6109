/**
 * What uses a sink takes its turn here, one after another: the writer for each group, and whoever has something to save
 * between two of them.
 */
export class GroupBoundary {
  #last: Promise<void> = Promise.resolve();

  /** Acts when everybody who came before has left. */
  async act<T>(act: () => Promise<T>): Promise<T> {
    const leave = await this.enter();
    try {
      return await act();
    } finally {
      leave();
    }
  }

  /** Waits for the turn; it lasts until the function that is returned is called. */
  async enter(): Promise<() => void> {
    const before = this.#last;
    let leave = () => {};
    this.#last = new Promise<void>((resolve) => {
      leave = resolve;
    });
    await before;
    return leave;
  }
}
