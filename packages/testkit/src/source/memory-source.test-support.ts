import { setTimeout } from 'node:timers/promises';
import {
  type BeginContext,
  type Change,
  type ChangeBatch,
  type Chunk,
  type CopyPlan,
  type CopyRequest,
  capturedOperations,
  changeBatch,
  createChange,
  decodedRow,
  type ExactCopyRequest,
  type LogChanges,
  MillraceError,
  qualifiedName,
  type Relation,
  type ReleaseContext,
  type ReselectRequest,
  type Source,
  type SourceContext,
  type Transaction,
} from '@millrace/core';
import {
  type LoggedChange,
  type MemoryOrigin,
  otherRelations,
  type Reader,
  type Row,
} from './memory-origin.test-support.ts';
import type { OriginChange } from './source-world.ts';

/** A note of that length is stored out of line: an update that does not set it leaves it out. */
const outOfLine = 2_000;

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
  context: SourceContext | null = null;

  constructor(origin: MemoryOrigin) {
    this.origin = origin;
  }

  async validate({ signal }: SourceContext) {
    signal.throwIfAborted();
    return { items: [] };
  }

  async describe({ tables }: SourceContext): Promise<readonly Relation[]> {
    const all = [this.origin.relation, ...otherRelations];
    return all.filter((relation) => capturedOperations(tables, qualifiedName(relation)) !== null);
  }

  get reader(): Reader | null {
    return this.origin.reader;
  }

  set reader(reader: Reader | null) {
    this.origin.reader = reader;
  }

  async open(context: SourceContext) {
    context.signal.throwIfAborted();
    this.context = context;
    this.closing = new AbortController();
    return { kind: 'memory', id: this.origin.id };
  }

  async begin({ claimed, claim, from = 'earliest' }: BeginContext) {
    const { origin } = this;
    if (this.reader !== null && !claimed) throw this.failure('There is a reader already');
    await claim();
    this.reader ??= { forgotten: origin.log.length };
    if (typeof from === 'object') return 'position' in from ? from.position : origin.end;
    return from === 'latest' ? origin.end : String(this.reader.forgotten);
  }

  async changes(after: string, signal: AbortSignal): Promise<LogChanges> {
    const { reader } = this;
    if (reader === null || Number(after) < reader.forgotten)
      throw this.failure(`The log does not reach back to ${after}`);
    const connection = new AbortController();
    this.origin.connections.add(connection);
    const failed = connection.signal;
    return Object.assign(this.batches(Number(after), AbortSignal.any([signal, this.closing.signal, failed])), {
      failed,
    });
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
    const changes = (this.origin.log[number] ?? [])
      .map((one, n) => ('change' in one ? this.change(one, transaction, n) : this.copied(one, transaction, n)))
      .filter(({ table, op }) => this.captures(table, op));
    let start = 0;
    // Of a transaction of which nothing is left the position goes on.
    for (let end = Math.min(1, changes.length); end <= changes.length; end++) {
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

  /** A change of another table. */
  copied({ op, table, relation, image }: Change, transaction: Transaction, sequence: number): Change {
    return createChange({ op, table, relation, transaction, sequence, ...image });
  }

  captures(table: string, op: Change['op']): boolean {
    return op !== 'read' && capturedOperations(this.context?.tables ?? [], table)?.has(op) === true;
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

  /** The rows of the table that may be copied now. */
  rows(_where?: string): readonly Row[] {
    return [...this.origin.rows.values()];
  }

  async *copy({ progress, table, where }: CopyRequest, signal: AbortSignal): AsyncGenerator<Chunk> {
    const { from, to } = progress.range;
    let { cursor, rows } = progress;
    for (let isDone = progress.done; ; ) {
      signal.throwIfAborted();
      const start = Number(cursor ?? from ?? Number.NEGATIVE_INFINITY);
      const those = this.rows(where).filter(({ id }) => id >= start && (to === null || id < Number(to)));
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
    const { reader } = this;
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
    if (claimed) this.reader = null;
  }

  async close() {
    this.closing.abort(new Error('The source is closed'));
  }

  failure(message: string): MillraceError {
    return new MillraceError({ code: 'BROKEN', recovery: 'recover', message });
  }
}
