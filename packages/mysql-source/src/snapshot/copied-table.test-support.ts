import type { Change, Chunk, Source, SourceContext, StartPoint } from '@millrace/core';
import { type MysqlTestDatabase, uniqueName } from '../../../../test/harness/index.ts';
import { type MysqlSourceOptions, mysqlSource } from '../index.ts';

const logger = { debug() {}, info() {}, warn() {}, error() {} };

/** Of a stream that captures everything. */
export const contextOf = (signal: AbortSignal): SourceContext => ({
  streamId: uniqueName('s'),
  tables: [],
  formats: [],
  copies: true,
  logger,
  report() {},
  signal,
});

/** A source that is open on one database, without a stream. */
export class OpenSource implements AsyncDisposable {
  readonly source: Source;
  readonly abort = new AbortController();
  /** The position of the last batch that `changes` took. */
  reached = '';
  #position = '';
  #state: string | undefined;

  private constructor(source: Source) {
    this.source = source;
  }

  /** Its log begins where it is opened, unless told. */
  static async on(
    database: MysqlTestDatabase,
    options: Partial<MysqlSourceOptions> = {},
    from: StartPoint = 'latest',
  ): Promise<OpenSource> {
    const open = new OpenSource(mysqlSource({ connection: database.url, ...options }));
    const { signal } = open.abort;
    await open.source.open(contextOf(signal));
    const claims = { claim: async () => {}, disclaim: async () => {} };
    const start = await open.source.begin({ claimed: false, copies: true, from, signal, ...claims });
    if (typeof start !== 'string') {
      open.#position = start.position;
      open.#state = start.state;
    }
    return open;
  }

  /** Copies a whole table, range after range. */
  async copy(table: string, { maxBytes = 1024 * 1024, ranges = 1 } = {}): Promise<readonly Chunk[]> {
    const { signal } = this.abort;
    const chunks: Chunk[] = [];
    const plan = await this.source.planCopy?.(table, ranges, signal);
    if (plan?.ranges === null) {
      for await (const chunk of this.source.copyExactly?.({ table, maxBytes }, signal) ?? []) chunks.push(chunk);
      return chunks;
    }
    for (const range of plan?.ranges ?? []) {
      const progress = { table, range, cursor: null, done: false, rows: 0 };
      for await (const chunk of this.source.copy?.({ table, progress, maxBytes }, signal) ?? []) chunks.push(chunk);
    }
    return chunks;
  }

  /** So many changes of the log, kept. */
  async changes(count: number): Promise<readonly Change[]> {
    const found: Change[] = [];
    const log = await this.source.changes(this.#position, this.abort.signal, this.#state);
    for await (const { changes, position } of log) {
      this.reached = position ?? this.reached;
      for (const change of changes as Iterable<Change>) {
        const { before, after } = change.image;
        found.push(Object.assign(change, { image: { before: before?.keep() ?? null, after: after?.keep() ?? null } }));
      }
      if (found.length >= count) break;
    }
    return found;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.abort.abort(new Error('The test is over'));
    await this.source.close();
  }
}
