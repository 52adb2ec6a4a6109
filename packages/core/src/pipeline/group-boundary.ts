/**
 * What uses a sink takes its turn here, one after another: the writer for each group, and whoever has something to save
 * between two of them.
 */
export class GroupBoundary {
  #last: Promise<void> = Promise.resolve();
  #failure: { readonly error: unknown } | null = null;

  /** Acts when everybody who came before has left. */
  async act<T>(act: () => Promise<T>): Promise<T> {
    const leave = await this.enter();
    try {
      return await act();
    } finally {
      leave();
    }
  }

  /** What was written last is not known: nobody has a turn any more, and who waits for one gets the error. */
  fail(error: unknown): void {
    this.#failure ??= { error };
  }

  /** Whether this is why nobody has a turn any more. */
  hasFailedWith(error: unknown): boolean {
    return this.#failure !== null && this.#failure.error === error;
  }

  /** Waits for the turn; it lasts until the function that is returned is called. */
  async enter(): Promise<() => void> {
    const before = this.#last;
    let leave = () => {};
    this.#last = new Promise<void>((resolve) => {
      leave = resolve;
    });
    await before;
    if (this.#failure !== null) {
      leave();
      throw this.#failure.error;
    }
    return leave;
  }
}
