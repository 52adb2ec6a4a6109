import { differentTables, type Fingerprints, readFingerprints } from '../measure/fingerprint.ts';
import type { ServerPair } from '../servers/server-pair.ts';
import { SourceLog } from '../servers/source-log.ts';
import { TargetTemplate } from '../servers/target-template.ts';
import { withClient } from '../servers/with-client.ts';
import type { Table } from '../workloads/workload.ts';
import type { CopyPlace } from './copy-side.ts';

/** Full tables at the source, to be copied again and again into empty ones. */
export class FilledDatabase {
  readonly sourceUrl: string;
  readonly #tables: readonly Table[];
  readonly #target: TargetTemplate;
  readonly #servers: ServerPair;
  #places = 0;

  private constructor(sourceUrl: string, tables: readonly Table[], target: TargetTemplate, servers: ServerPair) {
    this.sourceUrl = sourceUrl;
    this.#tables = tables;
    this.#target = target;
    this.#servers = servers;
  }

  /** Makes the tables on both sides, and fills those of the source by these statements. */
  static async make(servers: ServerPair, tables: readonly Table[], fill: readonly string[]): Promise<FilledDatabase> {
    const source = await SourceLog.make(servers.source, tables, fill);
    return new FilledDatabase(source.url, tables, await TargetTemplate.make(servers.target, tables, []), servers);
  }

  /** Empty tables in a fresh database, gone when disposed of. */
  async newPlace(): Promise<CopyPlace & AsyncDisposable> {
    const name = `copy_${++this.#places}`;
    await this.#target.copy(name);
    return {
      name,
      sourceUrl: this.sourceUrl,
      targetUrl: this.#target.url(name),
      tables: this.#tables,
      servers: { source: this.#servers.source.pid, target: this.#servers.target.pid },
      [Symbol.asyncDispose]: () => this.#target.drop(name),
    };
  }

  /** What stands for the rows at the source now. */
  readonly fingerprints = (): Promise<Fingerprints> => fingerprintsOf(this.sourceUrl, this.#tables);
}

const fingerprintsOf = (url: string, tables: readonly Table[]): Promise<Fingerprints> =>
  withClient(url, (client) => readFingerprints(client, tables, 'as-they-are'));

/** Rejects when the rows that are there are not what they should be. */
export const compareRows = async ({ targetUrl, tables }: CopyPlace, expected: Fingerprints): Promise<void> => {
  const different = differentTables(expected, await fingerprintsOf(targetUrl, tables));
  if (different.length > 0) throw new Error(`The rows differ: ${different.join('; ')}`);
};
