import { newCheckpoint } from '../../checkpoints/kept-checkpoint.ts';
import type { Checkpoint, RangeProgress, TableProgress } from '../../contracts/checkpoint.ts';
import type { Sink, SinkBatch, SinkContext } from '../../contracts/sink.ts';
import type { Chunk } from '../../contracts/source.ts';
import type { Change } from '../../model/change.ts';
import type { Position, Transaction } from '../../model/position.ts';
import { qualifiedName, type Relation } from '../../model/relation.ts';
import type { RowImage } from '../../model/row-image.ts';
import { raisedThrough, replayStep } from '../../pipeline/replay-step.ts';
import { mapTables } from '../table-progress.ts';
import { lastTable, modelTables } from './model-database.test-support.ts';
import { imageOf, type ModelRow, rowOf } from './model-rows.test-support.ts';
import {
  applyStrictly,
  type ModelOwn,
  type ModelTarget,
  merged,
  type TargetTables,
  Violation,
} from './model-target.test-support.ts';
import { Crash, type ModelProcess } from './model-world.test-support.ts';

const rangeKey = ({ table, range }: RangeProgress): string => `${table} ${range.from} ${range.to}`;

/** The rows that changes of one batch have not met, and the transactions of those. */
class MissingRows {
  readonly work: TargetTables;
  readonly keys = new Map<string, RowImage[]>();
  readonly transactions = new Set<Transaction>();

  constructor(work: TargetTables) {
    this.work = work;
  }

  add(table: string, key: RowImage): void {
    this.keys.set(table, [...(this.keys.get(table) ?? []), key]);
  }
}

/** A sink that applies chunks and changes as an SQL sink does, one at a time. */
export class ModelSink {
  readonly sink: Sink;
  readonly #process: ModelProcess;
  readonly #target: ModelTarget;
  readonly #own: ModelOwn;
  #context: SinkContext | null = null;
  #epoch = 0;
  /** The transaction whose parts were written. */
  #work: TargetTables | null = null;
  #raised = new Map<string, Position>();
  /** Chunks that are being written, and whether something else is. */
  #chunks = 0;
  #isBusy = false;

  constructor(process: ModelProcess, target: ModelTarget, isCopyingInChunks: boolean, name = 'model') {
    this.#process = process;
    this.#target = target;
    const own = target.of(name);
    this.#own = own;
    const chunks = {
      writeChunk: (chunk: Chunk) => this.#writeChunk(chunk),
      discardCopy: (relation: Relation) => this.#alone(() => this.#discard(qualifiedName(relation))),
      side: (side: string) => new ModelSink(process, target, true, `${name}/side/${side}`).sink,
      mergeSide: (checkpoint: Checkpoint, side: Checkpoint) => this.#alone(() => this.#merge(checkpoint, side)),
      recheck: (relation: Relation) => this.#recheck(qualifiedName(relation)),
    };
    this.sink = {
      name,
      capabilities: {
        checkpoints: 'own',
        transactions: 'atomic',
        schemaChanges: false,
        formats: [],
        parallelChunks: 2,
      },
      validate: async () => ({ items: [] }),
      open: (context) => this.#open(context),
      write: (batch) => this.#alone(() => this.#write(batch)),
      saveCheckpoint: (checkpoint) => this.#alone(() => this.#commit(checkpoint)),
      readCheckpoint: async () => target.of(name).checkpoint,
      deleteCheckpoint: async () => target.remove(name),
      rollback: async () => this.#giveUp(),
      close: async () => this.#giveUp(),
      ...(isCopyingInChunks ? chunks : {}),
    };
  }

  async #open(context: SinkContext): Promise<Checkpoint> {
    await this.#process.step();
    const { checkpoint, ranges } = this.#own;
    this.#context = context;
    this.#epoch = ++this.#own.epoch;
    const isForgotten = this.#process.fault === 'plan forgotten';
    const merge = (range: RangeProgress) => ranges.get(rangeKey(range)) ?? range;
    const known = (range: RangeProgress) => !isForgotten || ranges.has(rangeKey(range));
    const tables = mapTables(checkpoint?.tables ?? {}, (each) => ({
      ...each,
      ranges: each.ranges.filter(known).map(merge),
    }));
    return { ...(checkpoint ?? newCheckpoint('model', this.sink.name, this.#epoch)), epoch: this.#epoch, tables };
  }

  /** Nothing happens beside it. */
  async #alone(act: () => Promise<void>): Promise<void> {
    if (this.#isBusy || this.#chunks > 0) throw new Violation('Called beside something else');
    this.#isBusy = true;
    await act().finally(() => {
      this.#isBusy = false;
    });
  }

  async #writeChunk(chunk: Chunk): Promise<void> {
    if (this.#isBusy || this.#chunks === this.sink.capabilities.parallelChunks)
      throw new Violation('A chunk beside something else, or one too many');
    this.#chunks++;
    await this.#commitChunk(chunk).finally(() => {
      this.#chunks--;
    });
  }

  async #commitChunk(chunk: Chunk): Promise<void> {
    await this.#process.step();
    this.#requireOwner();
    if (this.#process.fault === 'progress before rows') {
      this.#own.ranges.set(rangeKey(chunk.progress), chunk.progress);
      await this.#process.step();
    }
    if (this.#process.fault === 'chunk applied late' && this.#process.database.random.chance(0.2))
      this.#own.late.push(chunk);
    else this.#applyChunk(chunk);
    this.#own.ranges.set(rangeKey(chunk.progress), chunk.progress);
    await this.#process.step();
  }

  async #discard(table: string): Promise<void> {
    await this.#process.step();
    this.#target.tables.rows(table).clear();
    this.#forgetRanges((name) => name === table);
    await this.#process.step();
  }

  #applyChunk({ progress: { table }, rows }: Chunk): void {
    for (const image of rows) this.#put(this.#target.tables, table, rowOf(image));
  }

  async #write(batch: SinkBatch): Promise<void> {
    await this.#process.step();
    this.#work ??= this.#target.tables.copy();
    const work = this.#work;
    const missing = new MissingRows(work);
    for (const change of batch.changes) {
      if (batch.catchingUp?.has(change.table) === true) this.#replay(work, change, missing);
      else applyStrictly(work, change);
      if (this.#process.database.random.chance(0.1)) await this.#reselect(missing);
    }
    await this.#reselect(missing);
    if (batch.position !== null && batch.checkpoint !== null) await this.#commit(batch.checkpoint);
  }

  #replay(work: TargetTables, change: Change, missing: MissingRows): void {
    const { table, transaction } = change;
    if (transaction !== null) missing.transactions.add(transaction);
    const step = replayStep(change, {});
    const rows = work.rows(table);
    if (step.kind === 'delete-all') {
      rows.clear();
      return;
    }
    const { id } = rowOf(step.row);
    if (step.kind === 'delete') {
      rows.delete(id);
      return;
    }
    const donor = step.former === null ? undefined : rows.get(rowOf(step.former).id);
    if (step.former !== null) rows.delete(rowOf(step.former).id);
    const found = rows.get(id) ?? (this.#process.fault === 'old row as donor' ? donor : undefined);
    if (step.kind === 'upsert') this.#put(work, table, rowOf(step.row));
    else if (step.kind === 'set' && found !== undefined) this.#put(work, table, merged(found, step.row));
    else missing.add(table, step.row);
  }

  async #reselect({ work, keys: missing, transactions }: MissingRows): Promise<void> {
    for (const [table, keys] of missing) {
      missing.delete(table);
      if (this.#process.fault === 'reselect dropped') continue;
      const own =
        this.#process.fault === 'visibility of one awaited' ? [...transactions].slice(0, 1) : [...transactions];
      const request = { table, keys, transactions: own };
      const answer = await this.#context?.reselect?.(request, this.#process.abort.signal);
      if (answer === undefined) throw new Violation('Nothing reselects');
      this.#raised.set(table, answer.through);
      for (const image of answer.rows) this.#put(work, table, rowOf(image));
    }
  }

  async #commit(checkpoint: Checkpoint): Promise<void> {
    await this.#process.step();
    this.#requireOwner();
    const own = this.#own;
    if (this.#work !== null) this.#target.tables.take(this.#work);
    if (this.#work !== null) for (const chunk of own.late.splice(0)) this.#applyChunk(chunk);
    const compare = this.#context?.compare ?? (() => 0);
    const raised = (each: TableProgress, table: string) => {
      const through = this.#raised.get(table);
      return through === undefined ? each : raisedThrough(each, through, compare);
    };
    const tables = mapTables(checkpoint.tables, raised);
    if (own.checkpoint !== null) this.#damage(own.checkpoint, checkpoint);
    own.checkpoint = { ...checkpoint, tables };
    this.#giveUp();
    this.#forgetRanges((table) => tables[table]?.state !== 'copying');
    this.#check(own.checkpoint);
    await this.#process.step();
  }

  /** Of a table that is copied over other rows some are wrong, some are missing, and some should not be there. */
  #damage(saved: Checkpoint, { tables }: Checkpoint): void {
    const { random } = this.#process.database;
    if (!this.#process.isDamaging) return;
    for (const [table, progress] of Object.entries(tables)) {
      const wasLive = saved.tables[table]?.state === 'live' && progress.state === 'aside';
      if (!wasLive || progress.backfill?.replaces !== true) continue;
      const rows = this.#target.tables.rows(table);
      for (const row of [...rows.values()]) {
        const chance = random.next();
        if (chance < 0.2) rows.delete(row.id);
        else if (chance < 0.4) rows.set(row.id, { ...row, count: -1, text: -2 });
      }
      if (random.chance(0.5)) rows.set(100, { id: 100, label: null, count: -1, text: -1 });
    }
  }

  async #merge(checkpoint: Checkpoint, side: Checkpoint): Promise<void> {
    await this.#process.step();
    const row = this.#target.of(side.sink);
    if (row.checkpoint?.position !== side.position) throw new Violation('The side is somewhere else');
    this.#target.remove(side.sink);
    await this.#commit(checkpoint);
  }

  async #recheck(table: string): Promise<Position | null> {
    if (this.#process.fault === 'recheck dropped') return null;
    let latest: Position | null = null;
    for (const id of [...this.#target.tables.rows(table).keys()]) {
      await this.#process.step();
      const request = { table, keys: [imageOf(table, { id })], transactions: [] };
      const answer = await this.#context?.reselect?.(request, this.#process.abort.signal);
      if (answer === undefined) throw new Violation('Nothing reselects');
      latest = answer.through;
      await this.#process.step();
      this.#requireOwner();
      if (answer.rows.length === 0) this.#target.tables.rows(table).delete(id);
      for (const image of answer.rows) this.#put(this.#target.tables, table, rowOf(image));
    }
    return latest;
  }

  /** Whoever reads a live table sees it as it was at the source at one position. */
  #check({ position, tables }: Checkpoint): void {
    if (position === null) return;
    for (const table of [...modelTables, lastTable]) {
      if (tables[table]?.state !== 'live') continue;
      const expected = this.#process.database.textAt(table, position);
      const actual = this.#target.tables.text(table);
      if (actual !== expected) throw new Violation(`${table} at ${position} is ${actual}, not ${expected}`);
    }
  }

  #put(tables: TargetTables, table: string, row: ModelRow): void {
    if (this.#process.fault === 'no displacement') tables.strictly(table, row);
    else tables.displacing(table, row);
  }

  #forgetRanges(isForgotten: (table: string) => boolean): void {
    for (const [key, { table }] of this.#own.ranges) if (isForgotten(table)) this.#own.ranges.delete(key);
  }

  #requireOwner(): void {
    if (this.#target.of(this.sink.name) !== this.#own || this.#epoch !== this.#own.epoch) throw new Crash('fenced');
  }

  #giveUp(): void {
    this.#work = null;
    this.#raised = new Map();
  }
}
