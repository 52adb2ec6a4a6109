import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PostgresServer } from '@millrace/test/harness';
import { differentTables, type Fingerprints, readFingerprints } from '../measure/fingerprint.ts';
import { markerTable } from '../servers/publication.ts';
import { TargetTemplate } from '../servers/target-template.ts';
import { withClient } from '../servers/with-client.ts';
import { generatedItems } from '../workloads/generated-items.ts';
import { itemTable } from '../workloads/item-table.ts';
import type { RunResult } from './measure-run.ts';
import { saveItems } from './psql-copy.ts';
import type { Side } from './side.ts';
import { timeSide } from './time-side.ts';

const tables = [itemTable, markerTable];
const complete = 'complete';

/** The same rows, written into a fresh database again and again without a log to read them from. */
export class WrittenRows implements AsyncDisposable {
  /** The rows in PostgreSQL's text format. */
  readonly file: string;
  readonly #directory: string;
  readonly #target: TargetTemplate;
  readonly #expected: Fingerprints;
  #runs = 0;

  private constructor(directory: string, file: string, target: TargetTemplate, expected: Fingerprints) {
    this.file = file;
    this.#directory = directory;
    this.#target = target;
    this.#expected = expected;
  }

  /** Makes the rows once, by SQL, to know what every run has to arrive at. */
  static async make(server: PostgresServer, rows: number): Promise<WrittenRows> {
    const target = await TargetTemplate.make(server, tables, []);
    await target.copy(complete);
    const url = target.url(complete);
    const expected = await withClient(url, async (client) => {
      await client.query(generatedItems(rows));
      await client.query('INSERT INTO marker VALUES (1)');
      return readFingerprints(client, tables, 'as-they-are');
    });
    const directory = await mkdtemp(join(tmpdir(), 'millrace-bench-rows-'));
    const file = join(directory, 'items');
    await saveItems(url, file);
    return new WrittenRows(directory, file, target, expected);
  }

  /** Lets a side write the rows once. Rejects when it fails or the rows differ. */
  async measure(start: (url: string) => Promise<Side>): Promise<RunResult> {
    const name = `run_${++this.#runs}`;
    await this.#target.copy(name);
    const targetUrl = this.#target.url(name);
    try {
      await using side = await start(targetUrl);
      const timing = await timeSide({ targetUrl, walsender: async () => null }, side);
      const details = await side.end();
      const found = await withClient(targetUrl, (client) => readFingerprints(client, tables, 'as-they-are'));
      const different = differentTables(this.#expected, found);
      if (different.length > 0) throw new Error(`The rows differ: ${different.join('; ')}`);
      return { ...timing, ...details };
    } finally {
      await this.#target.drop(name);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#directory, { recursive: true });
  }
}
