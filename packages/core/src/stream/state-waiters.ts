/** What waits for a state. Every state is looked at as it is entered, however briefly it lasts. */
export class StateWaiters<State> {
  readonly #checks = new Set<(state: State) => void>();

  entered(state: State): void {
    for (const check of [...this.#checks]) check(state);
  }

  async until(reached: (state: State) => boolean, current: () => State): Promise<void> {
    // A command given by a listener takes effect when the listeners are done.
    await Promise.resolve();
    return new Promise((resolve) => {
      const check = (state: State) => {
        if (!reached(state)) return;
        this.#checks.delete(check);
        resolve();
      };
      this.#checks.add(check);
      check(current());
    });
  }
}
