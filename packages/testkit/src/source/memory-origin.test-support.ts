import { setTimeout } from 'node:timers/promises';
import {
  type BeginContext,
  type Change,
  type ChangeBatch,
  type Chunk,
  type CopyPlan,
  type CopyRequest,
  changeBatch,
  createChange,
  decodedRow,
  type ExactCopyRequest,
  MillraceError,
  type Relation,
  type ReleaseContext,
  type ReselectRequest,
  type Source,
  type SourceContext,
  type Transaction,
} from '@millrace/core';
import type { OriginChange, SourceWorld } from './source-world.ts';

const column = (name: string, type: 'int' | 'text', nullable = true) => ({
  name,
  type,
  native: type === 'int' ? 'integer' : 'text',
  nullable,
  generated: false,
});

const names = { id: 'id', note: 'note', count: 'count' };
/** A note of that length is stored out of line: an update that does not set it leaves it out. */
const outOfLine = 2_000;

type Row = Readonly<Record<string, unknown>> & { readonly id: number };

interface LoggedChange {
  readonly change: OriginChange;
  readonly relation: Relation;
  readonly old: Row | undefined;
  readonly row: Row | undefined;
}

/** A table in memory and its log: transaction n lies between the positions n and n + 1. */
export class MemoryOrigin {
  readonly id = `${Math.random()}`;
  rows = new Map<number, Row>();
  readonly log: (readonly LoggedChange[])[] = [];
  relation: Relation = {
    schema: 'origin',
    table: 'items',
    version: 1,
    columns: [column('id', 'int', false), column('note', 'text'), column('count', 'int')],
    key: [0],
    identity: 'key',
  };
  /** What the stream has made to read the log, and from where that goes on. */
  reader: { forgotten: number } | null = null;

  write(changes: readonly OriginChange[]): void {
    this.log.push(changes.map((change) => this.#apply(change)));
  }

  addColumn(name: string): void {
    const { relation } = this;
    this.relation = {
      ...relation,
      version: relation.version + 1,
      columns: [...relation.columns, column(name, 'text')],
    };
    for (const [id, row] of this.rows) this.rows.set(id, { ...row, [name]: null });
  }

  get end(): string {
    return String(this.log.length);
  }

  #apply(change: OriginChange): LoggedChange {
    const { relation } = this;
    if (change.op === 'truncate') this.rows.clear();
    const former = change.op === 'update' || change.op === 'delete' ? change.id : null;
    const old = former === null ? undefined : this.rows.get(former);
    if (former !== null) this.rows.delete(former);
    const empty = Object.fromEntries(relation.columns.map(({ name }) => [name, null]));
    const row = 'row' in change ? { ...(old ?? empty), ...change.row } : undefined;
    if (row !== undefined) this.rows.set(row.id, row);
    return { change, relation, old, row };
  }
}

export const worldOf = (origin: MemoryOrigin, connect: () => Source): SourceWorld => ({
  connect,
  write: async (changes) => origin.write(changes),
  table: { name: 'origin.items', columns: names },
  addColumn: async (name) => origin.addColumn(name),
});

/** A source that does everything right, in memory. */
export class MemorySource implements Source {
  readonly name = 'memory';
  readonly capabilities: Source['capabilities'] = {
    copy: 'exact',
    startPoints: true,
    formats: [],
  };
  readonly origin: MemoryOrigin;
  readonly maxChanges = 500;
  closing = new AbortController();
  acknowledged = 0;

  constructor(origin: MemoryOrigin) {
    this.origin = origin;
  }

  async validate({ signal }: SourceContext) {
    signal.throwIfAborted();
    return { items: [] };
  }

  async describe(_context: SourceContext): Promise<readonly Relation[]> {
    return [this.origin.relation];
  }

  async open({ signal }: SourceContext) {
    signal.throwIfAborted();
    this.closing = new AbortController();
    return { kind: 'memory', id: this.origin.id };
  }

  async begin({ claimed, claim, from = 'earliest' }: BeginContext) {
    const { origin } = this;
    if (origin.reader !== null && !claimed) throw this.failure('There is a reader already');
    await claim();
    origin.reader ??= { forgotten: origin.log.length };
    if (typeof from === 'object') return 'position' in from ? from.position : origin.end;
    return from === 'latest' ? origin.end : String(origin.reader.forgotten);
  }

  async changes(after: string, signal: AbortSignal) {
    const { reader } = this.origin;
    if (reader === null || Number(after) < reader.forgotten)
      throw this.failure(`The log does not reach back to ${after}`);
    return this.batches(Number(after), AbortSignal.any([signal, this.closing.signal]));
  }

  async *batches(after: number, signal: AbortSignal): AsyncGenerator<ChangeBatch> {
    for (let number = after; ; number++) {
      while (number >= this.origin.log.length) await setTimeout(1, undefined, { signal });
      signal.throwIfAborted();
      yield* this.transaction(number);
    }
  }

  *transaction(number: number): Generator<ChangeBatch> {
    const transaction: Transaction = { id: `t${number}`, commitTime: 1, position: String(number) };
    const changes = (this.origin.log[number] ?? []).map((one, n) => this.change(one, transaction, n));
    let start = 0;
    for (let end = 1; end <= changes.length; end++) {
      const isLast = end === changes.length;
      if (!isLast && end - start < this.maxChanges) continue;
      const position = String(number + 1);
      yield this.batch(changes.slice(start, end), isLast ? { position } : { position: null, transaction });
      start = end;
    }
  }

  batch(
    changes: readonly Change[],
    end: { readonly position: string } | { readonly position: null; readonly transaction: Transaction },
  ) {
    return changeBatch(changes, end);
  }

  change({ change, relation, old, row }: LoggedChange, transaction: Transaction, sequence: number): Change {
    const { op } = change;
    const isMoved = op === 'update' && old?.id !== row?.id;
    const before = op === 'delete' || isMoved ? decodedRow(relation, { id: old?.id }) : null;
    const after = row === undefined ? null : decodedRow(relation, this.sent(change, row));
    return createChange({ op, table: 'origin.items', relation, transaction, sequence, before, after });
  }

  /** What the log says of a row. */
  sent(change: OriginChange, row: Row): Readonly<Record<string, unknown>> {
    const isLeftOut = change.op === 'update' && !('note' in change.row) && String(row.note).length >= outOfLine;
    return isLeftOut ? Object.fromEntries(Object.entries(row).filter(([name]) => name !== 'note')) : row;
  }

  async planCopy(_table: string, count: number): Promise<CopyPlan> {
    const last = Math.max(0, ...this.origin.rows.keys());
    const ends = Array.from({ length: count - 1 }, (_, n) => String(Math.ceil(((n + 1) * last) / count)));
    const ranges = [null, ...ends].map((from, n) => ({ from, to: ends[n] ?? null }));
    return { ranges, rows: null, bytes: null };
  }

  async *copy({ progress, table }: CopyRequest, signal: AbortSignal): AsyncGenerator<Chunk> {
    const { from, to } = progress.range;
    let { cursor, rows } = progress;
    for (let isDone = progress.done; ; ) {
      signal.throwIfAborted();
      const start = Number(cursor ?? from ?? Number.NEGATIVE_INFINITY);
      const those = [...this.origin.rows.values()].filter(({ id }) => id >= start && (to === null || id < Number(to)));
      const chunk = isDone ? [] : those.sort((a, b) => a.id - b.id).slice(0, 100);
      isDone ||= those.length <= 100;
      cursor = isDone ? null : String((chunk.at(-1)?.id ?? 0) + 1);
      rows += chunk.length;
      yield this.chunk(chunk, { table, range: progress.range, cursor, done: isDone, rows });
      if (isDone) return;
    }
  }

  async *copyExactly({ table }: ExactCopyRequest, signal: AbortSignal): AsyncGenerator<Chunk> {
    const all = [...this.origin.rows.values()];
    const through = this.origin.end;
    for (let end = 100; ; end += 100) {
      signal.throwIfAborted();
      const range = { from: null, to: null };
      const done = end >= all.length;
      const progress = { table, range, cursor: null, done, rows: Math.min(end, all.length) };
      yield { ...this.chunk(all.slice(end - 100, end), progress), through };
      if (done) return;
    }
  }

  chunk(rows: readonly Row[], progress: Chunk['progress']): Chunk {
    const { relation, end } = this.origin;
    const images = rows.map((row) => decodedRow(relation, row));
    return { relation, progress, length: rows.length, bytes: 1, rows: images, encoded: null, through: end };
  }

  async reselect({ keys }: ReselectRequest, _signal: AbortSignal) {
    const found = keys.flatMap((key) => this.origin.rows.get(Number(key.text(0))) ?? []);
    return { rows: found.map((row) => decodedRow(this.origin.relation, row)), through: this.origin.end };
  }

  acknowledge(position: string): void {
    const { reader } = this.origin;
    if (reader !== null) reader.forgotten = Math.max(reader.forgotten, Number(position));
  }

  async head() {
    return { position: this.origin.end, time: Date.now() };
  }

  compare(a: string, b: string): -1 | 0 | 1 {
    return Math.sign(Number(a) - Number(b)) as -1 | 0 | 1;
  }

  distance(a: string, b: string): number | null {
    return Number(b) - Number(a);
  }

  async release({ claimed }: ReleaseContext) {
    if (claimed) this.origin.reader = null;
  }

  async close() {
    this.closing.abort(new Error('The source is closed'));
  }

  failure(message: string): MillraceError {
    return new MillraceError({ code: 'BROKEN', recovery: 'recover', message });
  }
}
