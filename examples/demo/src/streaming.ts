import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Command, Report } from './stream-process.ts';

const program = fileURLToPath(new URL('stream-process.ts', import.meta.url));

/** The streaming process and what it last said. */
export class Streaming {
  readonly #urls: readonly [string, string];
  readonly #onReport: () => void;
  #child: ChildProcess;
  #report: Report | null = null;
  /** Changes written by processes that are gone. */
  #before = 0;

  constructor(urls: readonly [string, string], onReport: () => void) {
    this.#urls = urls;
    this.#onReport = onReport;
    this.#child = this.#fork();
  }

  get last(): Report & { readonly total: number } {
    const last = this.#report ?? { status: 'starting', changes: 0, rate: 0, delay: null, queued: 0, position: null };
    return { ...last, total: this.#before + last.changes };
  }

  /** Resolves when the process reports it. */
  async until(reached: (report: Report) => boolean, signal: AbortSignal): Promise<void> {
    while (this.#report === null || !reached(this.#report)) await once(this.#child, 'message', { signal });
  }

  async command(name: Command, status: string, signal: AbortSignal): Promise<void> {
    this.#child.send(name);
    await this.until((report) => report.status === status, signal);
  }

  /** SIGKILL, as the kernel does it when memory runs out; then a new process. */
  async killAndRestart(): Promise<void> {
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
    this.#before += this.#report?.changes ?? 0;
    this.#report = null;
    this.#child = this.#fork();
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 10_000);
    if (this.#child.connected) this.#child.send('stop' satisfies Command);
    await exited;
    clearTimeout(timer);
  }

  #fork(): ChildProcess {
    const child = fork(program, this.#urls);
    child.on('message', (report: Report) => {
      this.#report = report;
      this.#onReport();
    });
    return child;
  }
}
