import { type Fingerprints, type RowState, readFingerprints } from '../measure/fingerprint.ts';
import { markerTable } from '../servers/publication.ts';
import { runLoad } from '../servers/run-load.ts';
import type { ServerPair } from '../servers/server-pair.ts';
import { SourceLog } from '../servers/source-log.ts';
import { TargetTemplate } from '../servers/target-template.ts';
import { withClient } from '../servers/with-client.ts';
import type { Table, Workload } from '../workloads/workload.ts';
import { RunPlace } from './run-place.ts';

interface Parts {
  readonly tables: readonly Table[];
  readonly source: SourceLog;
  readonly target: TargetTemplate;
  readonly expected: Backlog['expected'];
}

/** Changes in the log of the source, to be applied again and again: every run starts at the same place. */
export class Backlog {
  /** What is streamed. */
  readonly tables: readonly Table[];
  /** What a run has to arrive at. */
  readonly expected: Readonly<Record<RowState, Fingerprints>>;
  readonly #source: SourceLog;
  readonly #target: TargetTemplate;
  #runs = 0;

  private constructor({ tables, source, target, expected }: Parts) {
    this.tables = tables;
    this.expected = expected;
    this.#source = source;
    this.#target = target;
  }

  /** Makes tables on both sides, the slot, and then the changes. The marker is the last transaction. */
  static async make(servers: ServerPair, workload: Workload): Promise<Backlog> {
    const tables = [...workload.tables, markerTable];
    const source = await SourceLog.make(servers.source, tables, workload.preload);
    const target = await TargetTemplate.make(servers.target, tables, workload.preload);
    await runLoad(source.url, workload);
    const expected = await withClient(source.url, async (client) => {
      await client.query('INSERT INTO marker VALUES (1)');
      await client.query('CHECKPOINT');
      return {
        'as-they-are': await readFingerprints(client, tables, 'as-they-are'),
        transformed: await readFingerprints(client, tables, 'transformed'),
      };
    });
    return new Backlog({ tables, source, target, expected });
  }

  /** A copy of the slot and a fresh database at the target. */
  async newPlace(): Promise<RunPlace> {
    const name = `run_${++this.#runs}`;
    await this.#source.copySlot(name);
    await this.#target.copy(name);
    return new RunPlace(name, this.#source, this.#target);
  }
}
