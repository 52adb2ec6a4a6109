/** Questions further apart than this do not belong together. */
const gap = 3_000;
/** How long a server that shuts down waits for us at most, in milliseconds. */
export const shutdownPatience = 10_000;

/**
 * Tells a server that shuts down by its questions: it repeats them after every answer until everything it has sent is
 * confirmed, and waits for that without limit (PostgreSQL manual, "Shutting Down the Server"; walsender). Otherwise it
 * never asks, because a status comes before it would.
 */
export class ShutdownWatch {
  #since: number | null = null;
  #last = Number.NEGATIVE_INFINITY;

  /** The server asked for an answer. True once it has waited for 10 s: it is to be let go. */
  asked(now: number): boolean {
    if (this.#since === null || now - this.#last > gap) this.#since = now;
    this.#last = now;
    return now - this.#since >= shutdownPatience;
  }
}
