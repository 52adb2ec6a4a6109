import {
  type Change,
  type ChangeBatch,
  type Checkpoint,
  type Chunk,
  type ConnectorEvent,
  changeBatch,
  type Relation,
  type Sink,
  type SinkBatch,
  type SinkContext,
  type Transaction,
} from '@millrace/core';
import { knowingOutdated } from '../../../core/src/sinks/outdated-relations.ts';
import type { TestTransaction } from './changes.ts';

const compare = (a: string, b: string): -1 | 0 | 1 => (a < b ? -1 : a > b ? 1 : 0);

/** A sink as a stream drives it, with what it reported. */
export class DrivenSink implements AsyncDisposable {
  readonly sink: Sink;
  readonly events: ConnectorEvent[] = [];
  readonly #streamId: string;
  #checkpoint: Checkpoint | null = null;

  constructor(sink: Sink, streamId = 'test') {
    this.sink = knowingOutdated(sink);
    this.#streamId = streamId;
  }

  get checkpoint(): Checkpoint {
    if (this.#checkpoint === null) throw new Error('not open');
    return this.#checkpoint;
  }

  /** Codes of what was reported. */
  get codes(): readonly string[] {
    return this.events.map(({ code }) => code);
  }

  context(parts: Partial<SinkContext> = {}): SinkContext {
    return {
      streamId: this.#streamId,
      epoch: null,
      relations: [],
      compare,
      logger: { info() {}, warn() {}, error() {} },
      report: (event) => this.events.push(event),
      signal: new AbortController().signal,
      ...parts,
    };
  }

  async open(parts: Partial<SinkContext> = {}): Promise<Checkpoint> {
    const checkpoint = await this.sink.open(this.context(parts));
    if (checkpoint === null) throw new Error('this sink keeps checkpoints');
    this.#checkpoint = checkpoint;
    return checkpoint;
  }

  /** Opens again in the same run. */
  reopen(parts: Partial<SinkContext> = {}): Promise<Checkpoint> {
    return this.open({ epoch: this.checkpoint.epoch, ...parts });
  }

  /** Opens for these tables and makes them. */
  async start(relations: readonly Relation[]): Promise<void> {
    await this.open({ relations });
    await this.sink.prepare?.(relations, 'stream', new AbortController().signal);
  }

  /** Writes a group, or the last part of a transaction. */
  async write(changes: readonly Change[], position = '0/1', signal?: AbortSignal): Promise<void> {
    const checkpoint = { ...this.checkpoint, position, savedAt: 1_700_000_000_000 };
    const batch: SinkBatch = { ...changeBatch(changes, { position }), checkpoint };
    await this.sink.write(batch, signal ?? new AbortController().signal);
    this.#checkpoint = checkpoint;
  }

  /** Saves that tables are where they are, without rows. */
  async saveTables(tables: Checkpoint['tables']): Promise<void> {
    const checkpoint = { ...this.checkpoint, tables };
    await this.sink.saveCheckpoint?.(checkpoint, new AbortController().signal);
    this.#checkpoint = checkpoint;
  }

  async writeChunk(chunk: Chunk, signal = new AbortController().signal): Promise<void> {
    await this.sink.writeChunk?.(chunk, signal);
  }

  /** Writes a group of tables that are catching up. */
  replay(changes: readonly Change[], position?: string, tables?: Checkpoint['tables']): Promise<void> {
    return this.writeGroup(changes, new Set(changes.map(({ table }) => table)), position, tables);
  }

  /** Writes a group of which some tables are catching up. */
  async writeGroup(
    changes: readonly Change[],
    catchingUp: ReadonlySet<string>,
    position = '0/1',
    tables = this.checkpoint.tables,
  ): Promise<void> {
    const checkpoint = { ...this.checkpoint, position, tables };
    const batch: SinkBatch = { ...changeBatch(changes, { position }), checkpoint, catchingUp };
    await this.sink.write(batch, new AbortController().signal);
    this.#checkpoint = checkpoint;
  }

  /** Writes a part of a transaction. */
  writePart(
    changes: readonly Change[],
    transaction: Transaction,
    signal?: AbortSignal,
    catchingUp: ReadonlySet<string> = new Set(),
  ): Promise<void> {
    const part = changeBatch(changes, { position: null, transaction });
    const batch: SinkBatch = { ...part, checkpoint: null, catchingUp };
    return this.sink.write(batch, signal ?? new AbortController().signal);
  }

  /** Writes a batch as a source made it, or several that were merged. */
  async writeBatch(batch: ChangeBatch, signal?: AbortSignal, catchingUp?: ReadonlySet<string>): Promise<void> {
    const { position } = batch;
    const checkpoint = position === null ? null : { ...this.checkpoint, position };
    const group: SinkBatch = { ...batch, checkpoint, ...(catchingUp === undefined ? {} : { catchingUp }) };
    await this.sink.write(group, signal ?? new AbortController().signal);
    this.#checkpoint = checkpoint ?? this.#checkpoint;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.sink.close();
  }
}

/** The conflicts that a sink has reported. */
export const conflicts = (sink: DrivenSink): readonly unknown[] =>
  sink.events.filter(({ type }) => type === 'conflict').map(({ code, details }) => ({ code, ...details }));

export const write = (sink: DrivenSink, { changes }: TestTransaction, position?: string): Promise<void> =>
  sink.write(changes, position);
