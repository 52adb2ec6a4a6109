import type { Report } from './stream-process.ts';

/** One line that is written over in a terminal, and a line a second elsewhere. */
export class ProgressLine {
  readonly #output = process.stdout;
  #shownAt = 0;

  show({ status, total, rate, delay, queued }: Report & { readonly total: number }): void {
    const now = performance.now();
    if (!this.#output.isTTY && now - this.#shownAt < 1_000) return;
    this.#shownAt = now;
    const line = `${status}: ${total} changes, ${rate}/s, delay ${delay === null ? '-' : `${Math.round(delay)} ms`}, queue ${queued}`;
    this.#output.write(this.#output.isTTY ? `\r\x1b[K${line}` : `  ${line}\n`);
  }

  say(text: string): void {
    this.#output.write(this.#output.isTTY ? `\r\x1b[K${text}\n` : `${text}\n`);
  }

  end(): void {
    if (this.#output.isTTY) this.#output.write('\r\x1b[K');
  }
}
