import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clientTool, until } from '@millrace/test/harness';
import { withClient } from '../servers/with-client.ts';

/** Longer than any copy takes, in seconds. */
const long = 3_600;
const clients = 4;

/** What counts the transactions of a load; each takes one number of it. */
export const createCounter = 'CREATE SEQUENCE transactions';
const count = 'SELECT last_value::int AS count FROM transactions';

const script = (rows: number): string => `\\set id random(1, ${rows})
UPDATE items SET quantity = nextval('transactions') % 1000, price = price + 1, changed_at = now() WHERE id = :id;
`;

/** An application at work at the source, as fast as it goes, until it is disposed of. */
export class SourceLoad implements AsyncDisposable {
  readonly #url: string;
  readonly #stop: () => Promise<void>;

  private constructor(url: string, stop: () => Promise<void>) {
    this.#url = url;
    this.#stop = stop;
  }

  /** Updates one of the first `rows` items in each transaction. Resolves when it is at work. */
  static async start(url: string, rows: number): Promise<SourceLoad> {
    const tool = await clientTool('pgbench');
    const directory = await mkdtemp(join(tmpdir(), 'millrace-bench-load-'));
    const file = join(directory, 'load.sql');
    await writeFile(file, script(rows));
    const options = ['--no-vacuum', '--protocol=prepared', '--jobs=1', `--client=${clients}`, `--time=${long}`];
    const pgbench = spawn(tool.file, [...tool.args, ...options, `--file=${file}`, url], { stdio: 'ignore' });
    const ended = once(pgbench, 'exit').then(() => rm(directory, { recursive: true }));
    const load = new SourceLoad(url, async () => {
      pgbench.kill('SIGTERM');
      await ended;
    });
    const before = await load.transactions();
    await until(async () => (await load.transactions()) > before, { describe: 'pgbench to be at work' });
    return load;
  }

  /** How many there have been, of this load and of those before it. */
  async transactions(): Promise<number> {
    const { rows } = await withClient(this.#url, (client) => client.query<{ count: number }>(count));
    return rows[0]?.count ?? 0;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stop();
  }
}
