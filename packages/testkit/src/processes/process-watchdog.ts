import type { ChildProcess } from 'node:child_process';
import { startWatchdog } from './watchdog.ts';

/** Reads a line when the child has ended by itself, and only the end of its input when the parent has died. */
const script = 'if read -r _; then exit; fi; kill -KILL "-$1"';

/**
 * Kills a process group when the present process dies, however it dies, and even when the group is
 * stopped and could not notice.
 */
export class ProcessWatchdog {
  readonly #process: ChildProcess;

  constructor(processGroup: number) {
    this.#process = startWatchdog(script, String(processGroup));
  }

  /** Stops watching: the group is gone. */
  end(): void {
    this.#process.stdin?.end('\n');
  }
}
