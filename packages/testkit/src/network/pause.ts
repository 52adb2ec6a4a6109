/** A pause that one side begins and ends and another side waits out. */
export class Pause {
  #ended: Promise<void> | undefined;
  #resolve: (() => void) | undefined;

  begin(): void {
    this.#ended ??= new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  end(): void {
    this.#ended = undefined;
    this.#resolve?.();
  }

  /** Resolves when the present pause ends; undefined when there is none. */
  get ended(): Promise<void> | undefined {
    return this.#ended;
  }
}
