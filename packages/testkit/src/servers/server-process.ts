import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, isFree } from '../network/free-port.ts';
import { childProcesses, isHalted, isRunning } from '../processes/process-table.ts';
import { until } from '../waiting/until.ts';
import { serverEnvironment } from './postgres-data-directory.ts';
import type { Account } from './server-account.ts';
import type { ServerWatchdog } from './server-watchdog.ts';

/** What runs a server. */
export interface ServerCommand {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
}

export interface ServerProcessOptions {
  /** For messages. */
  readonly name: string;
  readonly directory: string;
  readonly data: string;
  readonly account: Account;
  readonly watchdog: ServerWatchdog;
}

/** The process of a private server, which a test controls. Port and data stay the same across restarts. */
export abstract class ServerProcess implements AsyncDisposable {
  readonly host = '127.0.0.1';
  readonly #options: ServerProcessOptions;
  #port: number | undefined;
  #process: ChildProcess | undefined;

  constructor(options: ServerProcessOptions) {
    this.#options = options;
  }

  get port(): number {
    if (this.#port === undefined) throw new Error('The server has not been started');
    return this.#port;
  }

  /** Process id of the server; throws when it is down. */
  get pid(): number {
    const pid = this.#process?.pid;
    if (pid === undefined) throw new Error('The server is down');
    return pid;
  }

  /** Where its data lies. */
  get dataDirectory(): string {
    return this.#options.data;
  }

  /** Everything the server has logged since it was made. */
  log(): Promise<string> {
    return readFile(join(this.#options.directory, 'log'), 'utf8');
  }

  /**
   * Ends the server and all its processes at once, as a crash of its machine would: no connection is told anything and no
   * process outlives the others. `start` recovers from its logs.
   */
  async kill(): Promise<void> {
    const child = this.#process;
    if (child?.pid === undefined) return;
    child.ref();
    const processes = [...(await this.#halt(child.pid)), child.pid];
    signalAll(processes, 'SIGKILL');
    await this.#gone(processes);
  }

  /**
   * Halts the server and all its processes where they stand: its connections stay open, and nothing comes over them.
   * Connections that are made meanwhile wait. Resolves when all of them stand still.
   */
  async freeze(): Promise<void> {
    const children = await this.#halt(this.pid);
    signalAll(children, 'SIGSTOP');
    await until(() => children.every(isHalted), { describe: 'halted processes of a server' });
  }

  /** Ends `freeze`. Does nothing otherwise. */
  thaw(): void {
    const pid = this.#process?.pid;
    if (pid !== undefined) signalAll([...childProcesses(pid), pid], 'SIGCONT');
  }

  /** Ends the server and deletes everything it has on disk. Further calls do nothing. */
  async stop(): Promise<void> {
    await this.end(this.endsBy);
    await this.#options.watchdog.end();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** Ends the server at once, so that nothing of it is left on the machine. */
  protected abstract readonly endsBy: NodeJS.Signals;

  /** Whether the server accepts connections as this process. */
  protected abstract accepts(pid: number): Promise<boolean>;

  /** Resolves when the server accepts connections. */
  protected async run(command: (port: number) => ServerCommand): Promise<void> {
    if (this.#process !== undefined) throw new Error('The server is already running');
    if (this.#port !== undefined) return this.#launch(command(this.#port));
    for (let attempt = 0; ; attempt++) {
      const port = await freePort();
      this.#port = port;
      try {
        return await this.#launch(command(port));
      } catch (error) {
        // Another server may have taken the port in between.
        if (attempt === 3 || (await isFree(port))) throw error;
      }
    }
  }

  /** Asks the server to end, and waits until it has. */
  protected async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    if (child?.pid === undefined) return;
    this.thaw();
    child.ref();
    child.kill(signal);
    await this.#gone([child.pid]);
  }

  /** Halts the server, which then starts no process any more, and gives those that it has started. */
  async #halt(pid: number): Promise<readonly number[]> {
    process.kill(pid, 'SIGSTOP');
    await until(() => isHalted(pid), { describe: 'a halted server' });
    return childProcesses(pid);
  }

  #gone(processes: readonly number[]): Promise<void> {
    const gone = () => this.#process === undefined && !processes.some(isRunning);
    return until(gone, { describe: `end of ${this.#options.name}`, timeout: 30_000 });
  }

  async #launch({ file, args, cwd }: ServerCommand): Promise<void> {
    const { name, directory, account } = this.#options;
    await using log = await open(join(directory, 'log'), 'a', 0o644);
    const child = spawn(file, args, {
      ...account,
      cwd,
      env: serverEnvironment,
      detached: true, // a Ctrl-C of the terminal is for the tests, not for the server
      stdio: ['ignore', log.fd, log.fd],
    });
    await once(child, 'spawn');
    this.#process = child;
    child.once('exit', () => {
      this.#process = undefined;
    });
    child.unref();
    try {
      await until(() => this.#accepts(child), { describe: `${name} to accept connections`, timeout: 60_000 });
    } catch (error) {
      await this.kill();
      throw error;
    }
  }

  async #accepts({ pid, exitCode, signalCode }: ChildProcess): Promise<boolean> {
    if (pid === undefined || exitCode !== null || signalCode !== null)
      throw new Error(`${this.#options.name} did not start:\n${await this.log()}`);
    return this.accepts(pid);
  }
}

const signalAll = (processes: readonly number[], signal: NodeJS.Signals): void => {
  for (const pid of processes) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      // It has ended in the meantime.
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
    }
  }
};
