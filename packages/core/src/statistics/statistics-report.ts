/** How often statistics are reported, ms. */
const interval = 1_000;

/** Reports statistics once a second while a stream is running. */
export class StatisticsReport {
  readonly #report: () => void;
  #timer: NodeJS.Timeout | null = null;

  constructor(report: () => void) {
    this.#report = report;
  }

  run(isRunning: boolean): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = isRunning ? setInterval(this.#report, interval) : null;
  }
}
