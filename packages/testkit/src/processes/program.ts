import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { ProcessWatchdog } from './process-watchdog.ts';
import { isProgramMessage, type ProgramMessage } from './program-channel.ts';

/** How to run a program. */
export interface ProgramOptions {
  readonly args?: readonly string[];
  /** Added to the environment of the present process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Options of Node itself, such as `--max-old-space-size=64`. */
  readonly execArgv?: readonly string[];
  /** The Node program, the running one unless told; e.g. one of another version. */
  readonly node?: string;
  readonly cwd?: string;
  /** Kills the program when aborted. */
  readonly signal?: AbortSignal;
}

/** How a program ended: one of the two is null, as in Node. */
export interface ProgramExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** How long a message is waited for, ms: so much less than tests last that they can say what the program said. */
const patience = 100_000;
const keptOutput = 256 * 1024;

/**
 * Starts a program of Node's in a process of its own; resolves once it runs. It has an IPC channel for named messages
 * and is killed, with all it has started, when it is disposed of or when the present process dies, however it dies.
 * Rejects when the signal is aborted already or the program cannot be started. Needs `sh`.
 */
export async function startProgram(file: string | URL, options: ProgramOptions = {}): Promise<Program> {
  const path = file instanceof URL ? fileURLToPath(file) : file;
  const { args = [], env = {}, execArgv = [], node = process.execPath, cwd, signal } = options;
  signal?.throwIfAborted();
  const child = spawn(node, [...execArgv, path, ...args], {
    cwd,
    env: { ...process.env, ...env },
    detached: true, // leads a process group, which can be killed as a whole
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  await once(child, 'spawn');
  return new Program(child, path, signal);
}

interface Waiting {
  readonly name: string;
  readonly resolve: (data: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** A running program. */
export class Program implements AsyncDisposable {
  readonly pid: number;
  /** Resolves when the program has ended, however it ended, and its output is complete. */
  readonly exited: Promise<ProgramExit>;
  readonly #child: ChildProcess;
  readonly #file: string;
  readonly #watchdog: ProcessWatchdog;
  readonly #messages: ProgramMessage[] = [];
  #waiting: Waiting[] = [];
  #exit: ProgramExit | undefined;
  #output = '';

  constructor(child: ChildProcess, file: string, signal: AbortSignal | undefined) {
    if (child.pid === undefined) throw new Error(`${file} did not start`);
    this.pid = child.pid;
    this.#child = child;
    this.#file = file;
    this.#watchdog = new ProcessWatchdog(child.pid);
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output = (this.#output + text).slice(-keptOutput);
      });
    }
    child.on('message', (message) => this.#receive(message));
    child.on('error', () => {}); // a message that could not be sent fails its `send`
    const abort = () => this.kill('SIGKILL');
    signal?.addEventListener('abort', abort, { once: true });
    this.exited = once(child, 'close').then(([code, endSignal]) => {
      signal?.removeEventListener('abort', abort);
      return this.#end({ code, signal: endSignal });
    });
  }

  /** The last of what the program has written to its standard output and error. */
  get output(): string {
    return this.#output;
  }

  /**
   * The data of the next message of this name that has not been taken yet. Rejects, with the
   * output, when the program ends without having sent one, or has not sent it after 100 s.
   */
  message<Data = unknown>(name: string): Promise<Data> {
    const index = this.#messages.findIndex((message) => message.name === name);
    const [received] = index === -1 ? [] : this.#messages.splice(index, 1);
    if (received !== undefined) return Promise.resolve(received.data as Data);
    if (this.#exit !== undefined) return Promise.reject(this.#unsent(name, endOf(this.#exit)));
    return this.#next(name) as Promise<Data>;
  }

  /** Sends a message to the program, which waits for it with `instruction(name)`. */
  send(name: string, data?: unknown): Promise<void> {
    const message = data === undefined ? { name } : { name, data };
    return new Promise((resolve, reject) => {
      this.#child.send(message, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** Sends a signal to the program itself, not to what it has started. */
  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Kills the program and everything it has started; resolves when it has ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#exit !== undefined) return;
    try {
      process.kill(-this.pid, 'SIGKILL');
    } catch {
      // It has ended in the meantime.
    }
    await this.exited;
  }

  async #next(name: string): Promise<unknown> {
    let timer: NodeJS.Timeout | undefined;
    const next = new Promise<unknown>((resolve, reject) => {
      this.#waiting.push({ name, resolve, reject });
      timer = setTimeout(() => reject(this.#unsent(name, 'has not said')), patience);
    });
    return next.finally(() => clearTimeout(timer));
  }

  #receive(message: unknown): void {
    if (!isProgramMessage(message)) return;
    const index = this.#waiting.findIndex(({ name }) => name === message.name);
    const [waiting] = index === -1 ? [] : this.#waiting.splice(index, 1);
    if (waiting === undefined) this.#messages.push(message);
    else waiting.resolve(message.data);
  }

  #end(exit: ProgramExit): ProgramExit {
    this.#exit = exit;
    this.#watchdog.end();
    for (const { name, reject } of this.#waiting) reject(this.#unsent(name, endOf(exit)));
    this.#waiting = [];
    return exit;
  }

  #unsent(name: string, what: string): Error {
    return new Error(`${this.#file} ${what} "${name}":\n${this.#output}`);
  }
}

const endOf = ({ code, signal }: ProgramExit): string => `ended with ${signal ?? `code ${code}`} before`;
