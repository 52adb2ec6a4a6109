import type { ConnectorEvent } from '../contracts/connector-event.ts';
import type { Source } from '../contracts/source.ts';

/** How often the source's log is looked at, ms. */
const checkInterval = 60_000;
const thresholds = [0.8, 0.5] as const;

/**
 * Warns when the log that the server keeps for the stream nears its budget (invariant 13), also while the stream is
 * paused: that is when it grows. Never keeps the process alive.
 */
export class LogBudget {
  readonly #source: Source;
  readonly #streamId: string;
  readonly #report: (event: ConnectorEvent) => void;
  #timer: NodeJS.Timeout | null = null;
  #warned = 0;
  #last: { readonly at: number; readonly bytes: number } | null = null;

  constructor(source: Source, streamId: string, report: (event: ConnectorEvent) => void) {
    this.#source = source;
    this.#streamId = streamId;
    this.#report = report;
  }

  watch(isWanted: boolean): void {
    if (this.#source.retention === undefined || isWanted === (this.#timer !== null)) return;
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = isWanted ? setInterval(() => void this.check(), checkInterval).unref() : null;
  }

  async check(): Promise<void> {
    try {
      const found = await this.#source.retention?.(this.#streamId);
      if (found !== undefined) this.#judge(found);
    } catch {
      // A server that cannot be asked is the stream's own failure to report.
    }
  }

  #judge({ bytes, limit }: { readonly bytes: number; readonly limit: number | null }): void {
    const now = Date.now();
    const last = this.#last;
    this.#last = { at: now, bytes };
    if (limit === null) return;
    const reached = thresholds.find((threshold) => bytes >= threshold * limit) ?? 0;
    if (reached > this.#warned) {
      const bytesPerHour = last === null ? null : Math.round(((bytes - last.bytes) * 3_600_000) / (now - last.at));
      const hoursLeft = bytesPerHour === null || bytesPerHour <= 0 ? null : (limit - bytes) / bytesPerHour;
      this.#report({
        type: 'warning',
        code: 'LOG_BUDGET',
        message: `The source keeps ${bytes} bytes of log for this stream, of ${limit} that it may`,
        details: { bytes, limit, bytesPerHour, hoursLeft },
      });
    }
    this.#warned = reached;
  }
}
