import type { CopyProgress } from '@millrace/core';
import type { Report } from './stream-process.ts';

const number = new Intl.NumberFormat('en');

const copyText = ({ table, rows, estimatedRows, rate, secondsLeft }: CopyProgress): string => {
  const all = estimatedRows === null ? '' : ` of about ${number.format(estimatedRows)}`;
  const left = secondsLeft === null ? '' : `, ${secondsLeft} s left`;
  return `copying ${table}: ${number.format(rows)}${all} rows, ${number.format(rate)}/s${left}`;
};

const followText = ({ status, isComplete, changes, rate, delay, queued }: Report): string => {
  const doing = status === 'running' && !isComplete ? 'catching up' : status;
  const behind = delay === null ? '-' : `${Math.round(delay)} ms`;
  return `${doing}: ${number.format(changes)} changes, ${number.format(rate)}/s, delay ${behind}, queue ${queued}`;
};

/** One line that is written over in a terminal, and a line a second elsewhere. */
export class ProgressLine {
  readonly #output = process.stdout;
  #shownAt = 0;

  show(report: Report): void {
    const now = performance.now();
    if (!this.#output.isTTY && now - this.#shownAt < 1_000) return;
    this.#shownAt = now;
    const line = report.copying.length > 0 ? report.copying.map(copyText).join('; ') : followText(report);
    this.#output.write(this.#output.isTTY ? `\r\x1b[K${line}` : `  ${line}\n`);
  }

  say(text: string): void {
    this.#output.write(this.#output.isTTY ? `\r\x1b[K${text}\n` : `${text}\n`);
  }

  end(): void {
    if (this.#output.isTTY) this.#output.write('\r\x1b[K');
  }
}
