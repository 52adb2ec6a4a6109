import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { startWatchdog } from '../processes/watchdog.ts';
import type { Account } from './server-account.ts';

/**
 * Stops PostgreSQL so that it removes its shared memory. A process id is trusted only while that process works in the
 * data directory: ids are used again.
 */
export const endPostgres = `
cat > /dev/null
pid=$(sed -n 1p "$1/data/postmaster.pid" 2> /dev/null)
memory=$(sed -n 's/^ *[0-9]* *\\([0-9]*\\) *$/\\1/p' "$1/data/postmaster.pid" 2> /dev/null | tail -n 1)
running() { [ -n "$pid" ] && [ "$(readlink "/proc/$pid/cwd")" = "$1/data" ]; }
if running "$1"; then
  for one in "$pid" $(grep -ls "^PPid:[[:space:]]*$pid$" /proc/[0-9]*/status | cut -d / -f 3); do kill -CONT "$one"; done
  kill -QUIT "$pid"
  for _ in $(seq 100); do running "$1" || break; sleep 0.05; done
  running "$1" && kill -KILL "$pid"
fi
[ -z "$memory" ] || ipcrm -m "$memory" 2> /dev/null
for _ in $(seq 100); do rm -rf "$1" && break; sleep 0.05; done
`;

/** Kills whatever works in the data directory, whatever it is and however far it has come with its start. */
export const killServer = `
cat > /dev/null
working() { find /proc/[0-9]* -maxdepth 1 -name cwd -lname "$1/data" 2> /dev/null | cut -d / -f 3; }
for pid in $(working "$1"); do kill -KILL "$pid"; done
for _ in $(seq 100); do [ -z "$(working "$1")" ] && break; sleep 0.05; done
for _ in $(seq 100); do rm -rf "$1" && break; sleep 0.05; done
`;

/**
 * A small process of its own that owns the end of a server: when asked, or when the test
 * process is gone, its script stops what runs in `directory/data` and deletes the directory.
 */
export class ServerWatchdog {
  readonly #process: ChildProcess;
  readonly #exited: Promise<unknown>;

  constructor(directory: string, account: Account, script: string) {
    this.#process = startWatchdog(script, directory, account);
    this.#exited = once(this.#process, 'exit');
  }

  /** Stops the server if it still runs and deletes its directory; resolves when both are done. */
  async end(): Promise<void> {
    this.#process.ref();
    this.#process.stdin?.end();
    await this.#exited;
  }
}
