import {
  type Change,
  type Checkpoint,
  type Chunk,
  coreErrors,
  errorFactory,
  newCheckpoint,
  qualifiedName,
  type Relation,
  type RowImage,
  raisedThrough,
  replayStep,
  type Sink,
  type SinkBatch,
  type SinkContext,
  type TableEvolution,
  type Transaction,
  takeEpoch,
} from '@millrace/core';
import type { MemoryTarget, Tables } from './memory-target.test-support.ts';
import type { TargetRow } from './sink-world.ts';

const coreError = errorFactory(coreErrors);
const fenced = (streamId: string) => coreError('FENCED', `Another process took over stream ${streamId}`);

const copied = (tables: Tables): Tables =>
  new Map([...tables].map(([name, rows]) => [name, new Map([...rows].map(([key, row]) => [key, { ...row }]))]));

const keyOf = (row: RowImage): string => JSON.stringify(row.relation.key?.map((column) => row.text(column)));

/** What an image says, by column. */
export const textsOf = (row: RowImage): Record<string, string | null> =>
  Object.fromEntries(
    row.relation.columns.flatMap(({ name, type }, column) => {
      const text = row.text(column);
      if (row.state(column) === 'unchanged') return [];
      if (type === 'bigint' && text !== null && !/^-?\d+$/.test(text))
        throw new Error(`${qualifiedName(row.relation)}.${name} takes numbers only`);
      return [[name, text]];
    }),
  );

export const memoryCapabilities: Sink['capabilities'] = {
  checkpoints: 'own',
  transactions: 'atomic',
  schemaChanges: true,
  formats: [],
  parallelChunks: 3,
};

/** A sink that does everything right, in memory. */
export class MemorySink implements Sink {
  readonly target: MemoryTarget;
  readonly name: string;
  readonly capabilities: Sink['capabilities'] = memoryCapabilities;
  context: SinkContext | null = null;
  epoch = 0;
  /** What the transaction whose parts were written makes of the tables. */
  working: Tables | null = null;
  /** Of the batch that is written. */
  outdated: ReadonlySet<Relation> = new Set();
  closing = new AbortController();

  constructor(target: MemoryTarget, name = 'memory') {
    this.target = target;
    this.name = name;
  }

  async validate({ signal }: SinkContext) {
    await this.target.answer(signal);
    return { items: [] };
  }

  async open(context: SinkContext): Promise<Checkpoint | null> {
    await this.close();
    this.closing = new AbortController();
    await this.target.answer(AbortSignal.any([context.signal, this.closing.signal]));
    const id = this.id(context.streamId);
    const kept = { epoch: this.target.epochs.get(id) ?? 0, checkpoint: this.target.checkpoints.get(id) ?? null };
    const { streamId } = context;
    const { epoch, checkpoint } = takeEpoch(kept, { streamId, sink: this.name, epoch: context.epoch });
    const found = checkpoint ?? newCheckpoint(streamId, this.name, epoch);
    this.epoch = epoch;
    this.target.epochs.set(id, epoch);
    this.target.checkpoints.set(id, found);
    this.context = context;
    return found;
  }

  async prepare(relations: readonly Relation[], _phase: string, signal: AbortSignal) {
    await this.during(signal);
    for (const relation of relations) this.rowsOf(this.target.tables, qualifiedName(relation));
  }

  async saveCheckpoint(checkpoint: Checkpoint, signal: AbortSignal) {
    await this.during(signal);
    this.commit(this.target.tables, checkpoint);
  }

  async readCheckpoint(streamId: string, signal: AbortSignal) {
    await this.target.answer(signal);
    return this.target.checkpoints.get(this.id(streamId)) ?? null;
  }

  async deleteCheckpoint(streamId: string, signal: AbortSignal) {
    await this.target.answer(signal);
    const id = this.id(streamId);
    this.target.checkpoints.delete(id);
    this.target.epochs.set(id, (this.target.epochs.get(id) ?? 0) + 1);
  }

  async write(batch: SinkBatch, signal: AbortSignal) {
    const { streamId } = await this.during(signal);
    if (this.target.epochs.get(this.id(streamId)) !== this.epoch) throw fenced(streamId);
    const tables = this.working ?? copied(this.target.tables);
    for (const evolution of batch.evolutions ?? []) this.change(tables, evolution);
    let { checkpoint } = batch;
    this.outdated = batch.outdated ?? new Set();
    for (const change of batch.changes) {
      const through = await this.apply(tables, change, batch.catchingUp?.has(change.table) === true, signal);
      const progress = checkpoint?.tables[change.table];
      if (through === null || checkpoint === null || progress === undefined) continue;
      const { compare } = this.context ?? {};
      const raised = compare === undefined ? progress : raisedThrough(progress, through, compare);
      checkpoint = { ...checkpoint, tables: { ...checkpoint.tables, [change.table]: raised } };
    }
    this.working = checkpoint === null ? tables : null;
    if (checkpoint !== null) this.commit(tables, checkpoint);
  }

  async writeChunk({ relation, rows, progress }: Chunk, signal: AbortSignal) {
    const { streamId } = await this.during(signal);
    const table = qualifiedName(relation);
    const tables = copied(this.target.tables);
    for (const row of rows) this.rowsOf(tables, table).set(keyOf(row), textsOf(row));
    const checkpoint = this.checkpointOf(streamId);
    const known = checkpoint.tables[table];
    if (known === undefined) throw new Error(`${table} is not being copied`);
    const same = (one: typeof progress) => one.range.from === progress.range.from && one.range.to === progress.range.to;
    const ranges = known.ranges.map((one) => (same(one) ? progress : one));
    this.commit(tables, { ...checkpoint, tables: { ...checkpoint.tables, [table]: { ...known, ranges } } });
  }

  async discardCopy(relation: Relation, signal: AbortSignal) {
    const { streamId } = await this.during(signal);
    const table = qualifiedName(relation);
    const tables = copied(this.target.tables);
    tables.delete(table);
    const checkpoint = this.checkpointOf(streamId);
    const known = checkpoint.tables[table];
    const rest = known === undefined ? {} : { [table]: { ...known, ranges: [] } };
    this.commit(tables, { ...checkpoint, tables: { ...checkpoint.tables, ...rest } });
  }

  async evolve(evolutions: readonly TableEvolution[], signal: AbortSignal) {
    const { streamId } = await this.during(signal);
    const tables = copied(this.target.tables);
    for (const evolution of evolutions) this.change(tables, evolution);
    this.commit(tables, this.checkpointOf(streamId));
  }

  side(name: string): Sink {
    return new MemorySink(this.target, `${this.name}/side/${name}`);
  }

  async mergeSide(checkpoint: Checkpoint, side: Checkpoint, signal: AbortSignal) {
    await this.during(signal);
    const id = this.id(side.streamId, side.sink);
    if (this.target.checkpoints.get(id)?.position !== side.position) throw new Error('The side has moved');
    this.commit(this.target.tables, checkpoint);
    this.target.checkpoints.delete(id);
  }

  async recheck() {
    return null;
  }

  async rollback() {
    this.working = null;
  }

  async close() {
    this.closing.abort(new Error('The sink is closed'));
    this.context = null;
    this.working = null;
  }

  /** Rows and checkpoint at once, unless the epoch is another's. */
  commit(tables: Tables, checkpoint: Checkpoint): void {
    const id = this.id(checkpoint.streamId);
    if (this.target.epochs.get(id) !== checkpoint.epoch) throw fenced(checkpoint.streamId);
    this.target.tables = tables;
    this.target.checkpoints.set(id, checkpoint);
  }

  /** Returns how far the table has to catch up with what was read again, or `null`. */
  async apply(tables: Tables, change: Change, isAhead: boolean, signal: AbortSignal): Promise<string | null> {
    const rows = this.rowsOf(tables, change.table);
    const { before } = change.image;
    const step = replayStep(change, { outdated: this.outdated });
    if (step.kind === 'delete-all') rows.clear();
    else if (step.kind === 'delete') rows.delete(keyOf(step.row));
    else {
      const former = keyOf(before ?? step.row);
      // Where rows may be ahead, the one at the former key may be another already.
      const old = isAhead && step.former !== null ? rows.get(keyOf(step.row)) : rows.get(former);
      rows.delete(former);
      if (step.kind === 'reselect' || (step.kind === 'set' && isAhead && old === undefined))
        return this.readAgain(rows, change, step.row, signal);
      const isUpdate = change.op === 'update';
      rows.set(keyOf(step.row), { ...(isUpdate ? old : {}), ...textsOf(step.row) });
    }
    return null;
  }

  async readAgain(rows: Map<string, TargetRow>, change: Change, key: RowImage, signal: AbortSignal) {
    const transactions = change.transaction === null ? [] : [change.transaction];
    const found = await this.context?.reselect?.({ table: change.table, keys: [key], transactions }, signal);
    for (const row of found?.rows ?? []) rows.set(keyOf(row), textsOf(row));
    return found?.through ?? null;
  }

  change(tables: Tables, { relation, steps }: TableEvolution): void {
    for (const row of this.rowsOf(tables, qualifiedName(relation)).values())
      for (const step of steps)
        if (step.kind === 'add-column')
          row[step.column.name] = row[step.column.name] === undefined ? step.fill : (row[step.column.name] ?? null);
        else if (step.kind === 'drop-column') delete row[step.name];
        else if (step.kind === 'rename-column' && step.from in row) {
          row[step.name] = row[step.from] ?? null;
          delete row[step.from];
        }
  }

  rowsOf(tables: Tables, table: string) {
    const rows = tables.get(table) ?? new Map<string, Record<string, string | null>>();
    tables.set(table, rows);
    return rows;
  }

  checkpointOf(streamId: string): Checkpoint {
    const found = this.target.checkpoints.get(this.id(streamId)) ?? newCheckpoint(streamId, this.name, 0);
    return { ...found, epoch: this.epoch };
  }

  id(streamId: string, sink = this.name): string {
    return JSON.stringify([streamId, sink]);
  }

  /** What every call of an open sink waits for. */
  async during(signal: AbortSignal): Promise<SinkContext> {
    await this.target.answer(AbortSignal.any([signal, this.closing.signal]));
    if (this.context === null) throw new Error('The sink is not open');
    return this.context;
  }
}

/** The same, which gets a transaction in one piece. */
export class WholeMemorySink extends MemorySink {
  override readonly capabilities = { ...memoryCapabilities, transactions: 'whole' } as const;

  async writeTransaction(
    _transaction: Transaction,
    parts: AsyncIterable<SinkBatch>,
    _checkpoint: Checkpoint,
    signal: AbortSignal,
  ) {
    for await (const part of parts) await this.write(part, signal);
  }
}
