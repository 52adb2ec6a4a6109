import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { HandoverEvent } from '@millrace/core';
import type { Command, Report, SchemaEvent } from './stream-process.ts';

const program = fileURLToPath(new URL('stream-process.ts', import.meta.url));

const nothing: Report = {
  status: 'starting',
  rows: 0,
  changes: 0,
  rate: 0,
  delay: null,
  queued: 0,
  position: null,
  copying: [],
  isComplete: false,
};

interface Listeners {
  readonly onReport: () => void;
  readonly onHandover: (event: HandoverEvent) => void;
  readonly onSchema: (event: SchemaEvent) => void;
}

/** The streaming process and what it last said. */
export class Streaming {
  readonly #urls: readonly [string, string];
  readonly #listeners: Listeners;
  #child: ChildProcess;
  #report: Report | null = null;
  /** Rows and changes written by processes that are gone. */
  #before = { rows: 0, changes: 0 };

  constructor(urls: readonly [string, string], listeners: Listeners) {
    this.#urls = urls;
    this.#listeners = listeners;
    this.#child = this.#fork();
  }

  /** With the rows and changes of all processes. */
  get last(): Report {
    const last = this.#report ?? nothing;
    const { rows, changes } = this.#before;
    return { ...last, rows: rows + last.rows, changes: changes + last.changes };
  }

  /** Resolves when the process reports it from now on: what it last said may be out of date. */
  async until(reached: (report: Report) => boolean, signal: AbortSignal): Promise<void> {
    const before = this.#report;
    while (this.#report === null || this.#report === before || !reached(this.#report))
      await once(this.#child, 'message', { signal });
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
    const { rows, changes } = this.last;
    this.#before = { rows, changes };
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
    child.on('message', (message: Report | HandoverEvent | SchemaEvent) => {
      if ('schema' in message) return this.#listeners.onSchema(message);
      if ('table' in message) return this.#listeners.onHandover(message);
      this.#report = message;
      this.#listeners.onReport();
    });
    return child;
  }
}
