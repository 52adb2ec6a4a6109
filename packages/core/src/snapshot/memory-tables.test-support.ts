import type { Chunk, CopyRequest, ExactCopyRequest, Source } from '../contracts/source.ts';
import { decodedRow } from '../model/decoded-row.ts';
import { failureOf, MemoryLog, relationOf } from '../stream/memory-log.test-support.ts';

/** Tables in memory beside their log: users 1 to 10 and no orders, in ranges of five and chunks of two. */
export class MemoryTables {
  readonly log = new MemoryLog();
  readonly rows: Record<string, readonly number[]> = { users: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], orders: [] };
  /** `table from` of every chunk, in the order they were read. */
  readonly read: string[] = [];
  /** How many more chunks are outdated. */
  outdated = 0;
  /** What reselecting finds, by id. */
  found: Record<number, number> = {};
  /** Tables that can only be copied exactly. */
  exact: readonly string[] = [];
  readonly begun: boolean[] = [];
  /** Before each chunk. */
  gate: ((signal: AbortSignal) => Promise<void>) | null = null;

  readonly source = (): Source => {
    const source = this.log.source();
    return {
      ...source,
      capabilities: { ...source.capabilities, copy: 'exact' },
      begin: (context) => {
        this.begun.push(context.copies);
        return source.begin(context);
      },
      planCopy: async (table) => {
        const rows = this.#rowsOf(table);
        if (this.exact.includes(table)) return { ranges: null, rows: rows.length, bytes: rows.length * 8 };
        const starts = rows.map((_, index) => index).filter((index) => index % 5 === 0);
        const ends = [...starts.slice(1).map(String), null];
        const ranges = starts.map((from, index) => ({ from: String(from), to: ends[index] ?? null }));
        return { ranges, rows: rows.length, bytes: rows.length * 8 };
      },
      copy: (request, signal) => this.#copy(request, signal),
      copyExactly: (request, signal) => this.#copyExactly(request, signal),
      reselect: async ({ table, keys }) => {
        const relation = relationOf(table.split('.')[1] ?? '');
        const ids = keys.map((key) => Number(key.text(0))).filter((id) => id in this.found);
        const rows = ids.map((id) => decodedRow(relation, { id, value: this.found[id] }));
        return { rows, through: (await source.head()).position };
      },
    };
  };

  async *#copyExactly({ table, maxBytes }: ExactCopyRequest, signal: AbortSignal): AsyncGenerator<Chunk> {
    const { position: through } = await this.log.source().head();
    const range = { from: null, to: null };
    const progress = { table, range, cursor: '0', done: false, rows: 0 };
    for await (const chunk of this.#copy({ table, maxBytes, progress }, signal)) yield { ...chunk, through };
  }

  async *#copy({ table, progress, maxBytes }: CopyRequest, signal: AbortSignal): AsyncGenerator<Chunk> {
    const relation = relationOf(table.split('.')[1] ?? '');
    const all = this.#rowsOf(table);
    const end = progress.range.to === null ? all.length : Number(progress.range.to);
    let { rows } = progress;
    for (let from = Number(progress.cursor ?? progress.range.from); ; ) {
      await this.gate?.(signal);
      signal.throwIfAborted();
      this.read.push(`${table} ${from}`);
      if (this.outdated > 0) {
        this.outdated--;
        throw failureOf('retry', 'COPY_OUTDATED');
      }
      const to = Math.min(end, from + Math.max(1, Math.floor(maxBytes / 1_000)));
      const ids = all.slice(from, to);
      rows += ids.length;
      const done = to >= end;
      yield {
        relation,
        progress: { ...progress, cursor: String(to), done, rows },
        length: ids.length,
        bytes: 8 * ids.length,
        rows: ids.map((id) => decodedRow(relation, { id, value: id * 10 })),
        encoded: null,
        through: (await this.log.source().head()).position,
      };
      if (done) return;
      from = to;
    }
  }

  #rowsOf(table: string): readonly number[] {
    return this.rows[table.split('.')[1] ?? ''] ?? [];
  }
}
