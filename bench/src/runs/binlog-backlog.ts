import { createStream } from '@millrace/core';
import { mysqlSource } from '@millrace/mysql-source';
import { postgresSink } from '@millrace/sql-sink/postgres';
import type { PostgresServer } from '@millrace/test/harness';
import { differentTables, type Fingerprints, readFingerprints } from '../measure/fingerprint.ts';
import type { BinlogStreamTask } from '../programs/binlog-task.ts';
import { BinlogSource, streamId } from '../servers/binlog-source.ts';
import { markerTable } from '../servers/publication.ts';
import { TargetTemplate } from '../servers/target-template.ts';
import { withClient } from '../servers/with-client.ts';
import { binlogItemTable } from '../workloads/binlog-items.ts';
import { itemTable } from '../workloads/item-table.ts';
import type { RunResult } from './measure-run.ts';
import { startOurProgram } from './our-program.ts';
import { timeSide } from './time-side.ts';

const tables = [itemTable, markerTable];
const names = tables.map((table) => table.name);

interface BinlogWorkload {
  /** Of the databases at the target. */
  readonly name: string;
  /** Make the changes. The marker follows them. */
  readonly statements: readonly string[];
  /** What a run has to arrive at. */
  readonly expected: Fingerprints;
}

/** Changes in the log of a MariaDB, to be applied again and again to PostgreSQL: every run starts at the same place. */
export class BinlogBacklog implements AsyncDisposable {
  readonly #source: BinlogSource;
  readonly #target: TargetTemplate;
  readonly #workload: BinlogWorkload;
  #runs = 0;

  private constructor(source: BinlogSource, target: TargetTemplate, workload: BinlogWorkload) {
    this.#source = source;
    this.#target = target;
    this.#workload = workload;
  }

  static async make(server: PostgresServer, workload: BinlogWorkload): Promise<BinlogBacklog> {
    const source = await BinlogSource.start('mariadb-11.8', [binlogItemTable, markerTable.create]);
    try {
      const target = await TargetTemplate.make(server, tables, [], workload.name);
      await using stream = createStream({
        id: streamId,
        source: mysqlSource({ connection: source.url }),
        sink: postgresSink({ connection: target.url(workload.name), targetSchema: 'public' }),
        tables: names,
        snapshot: 'never',
      });
      // Its checkpoint is copied with the template.
      await stream.start();
      await stream.stop();
      await source.load([...workload.statements, 'INSERT INTO marker VALUES (1)']);
      return new BinlogBacklog(source, target, workload);
    } catch (error) {
      await source[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Applies the backlog once and compares the rows. Rejects when the stream fails or the rows differ. */
  async measure(profile: string | null = null): Promise<RunResult> {
    const name = `${this.#workload.name}_run_${++this.#runs}`;
    await this.#target.copy(name);
    const targetUrl = this.#target.url(name);
    const task: BinlogStreamTask = {
      connection: this.#source.url,
      id: streamId,
      target: targetUrl,
      tables: names,
      profile,
    };
    try {
      await using side = await startOurProgram('stream-binlog', task, 'as-they-are');
      const timing = await timeSide({ targetUrl, walsender: async () => null }, side);
      const details = await side.end();
      const found = await withClient(targetUrl, (client) => readFingerprints(client, tables, 'as-they-are'));
      const different = differentTables(this.#workload.expected, found);
      if (different.length > 0) throw new Error(`The rows differ: ${different.join('; ')}`);
      return { ...timing, ...details };
    } finally {
      await this.#target.drop(name);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#source[Symbol.asyncDispose]();
  }
}
