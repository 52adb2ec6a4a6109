import type { Checkpoint, TableProgress } from '../contracts/checkpoint.ts';
import type { Source } from '../contracts/source.ts';
import { coreError } from '../errors/core-errors.ts';
import type { Position } from '../model/position.ts';
import { raisedThrough } from '../pipeline/replay-step.ts';
import { mapTables, type Tables } from '../snapshot/table-progress.ts';
import type { CheckpointKeeper } from './checkpoint-keeper.ts';

/** The checkpoint of a stream that is open: what is durable by now, and what its next group makes so. */
export class StreamProgress {
  readonly #keeper: Pick<CheckpointKeeper, 'save' | 'afterWrite'>;
  readonly #source: Pick<Source, 'name' | 'compare'>;
  readonly #raised = new Map<string, Position>();
  /** What the group under way makes of tables, or the one transaction whose parts are written. */
  readonly #changed = new Map<string, (progress: TableProgress) => TableProgress>();
  #checkpoint: Checkpoint;

  constructor(
    checkpoint: Checkpoint,
    keeper: Pick<CheckpointKeeper, 'save' | 'afterWrite'>,
    source: Pick<Source, 'name' | 'compare'>,
  ) {
    this.#checkpoint = checkpoint;
    this.#keeper = keeper;
    this.#source = source;
  }

  get checkpoint(): Checkpoint {
    return this.#checkpoint;
  }

  /** Everything before it is in the sink. */
  get position(): Position {
    const { position } = this.#checkpoint;
    if (position === null) throw coreError('CONNECTOR_INVALID', 'The stream has no position yet');
    return position;
  }

  /**
   * The checkpoint that makes a position durable, with what the source said with it. Invariant 3: positions only move
   * forward.
   */
  next(position: Position, state?: string): Checkpoint {
    if (this.#source.compare(position, this.position) < 0)
      throw coreError('CONNECTOR_INVALID', `The source ${this.#source.name} moved backwards in its log`);
    const { source } = this.#checkpoint;
    const told = state === undefined || source === null ? source : { ...source, state };
    return { ...this.#checkpoint, source: told, tables: this.#nextTables(), position, savedAt: Date.now() };
  }

  #nextTables(): Tables {
    const { tables } = this.#checkpoint;
    if (this.#changed.size === 0) return tables;
    return mapTables(tables, (progress, table) => this.#changed.get(table)?.(progress) ?? progress);
  }

  /** A table as the next position finds it. */
  table(name: string): TableProgress | undefined {
    const progress = this.#checkpoint.tables[name];
    return progress === undefined ? undefined : (this.#changed.get(name)?.(progress) ?? progress);
  }

  /** With the next position a table is something else, too. */
  change(table: string, change: (progress: TableProgress) => TableProgress): void {
    const earlier = this.#changed.get(table);
    this.#changed.set(table, earlier === undefined ? change : (progress) => change(earlier(progress)));
  }

  /** What the stream knows of a table is that of another name; from the group under way on. */
  rename(from: string, to: string): void {
    const moved = this.table(from);
    this.remove(from);
    if (moved !== undefined) this.committed({ ...this.#checkpoint.tables, [to]: moved });
  }

  /** Nothing is known of a table any more; from the group under way on. */
  remove(table: string): void {
    const { [table]: _, ...rest } = this.#checkpoint.tables;
    this.#changed.delete(table);
    this.committed(rest);
  }

  /** The checkpoint that makes a change in the progress of tables durable. */
  withTables(tables: Tables): Checkpoint {
    return { ...this.#checkpoint, tables, savedAt: Date.now() };
  }

  /** Rows of a table were read again while the group under way was written: it must catch up with what that saw. */
  raise(table: string, through: Position): void {
    const known = this.#raised.get(table);
    if (known === undefined || this.#source.compare(known, through) < 0) this.#raised.set(table, through);
  }

  /** Rows are durable, and so is this checkpoint when it resolves. */
  async wrote(checkpoint: Checkpoint): Promise<void> {
    const raised = this.#withRaised(checkpoint);
    await this.#keeper.afterWrite(raised);
    this.#checkpoint = raised;
    this.#changed.clear();
  }

  /** A sink has committed this together with rows, apart from the checkpoint. */
  committed(tables: Tables): void {
    this.#checkpoint = { ...this.#checkpoint, tables };
  }

  async save(changed: Partial<Checkpoint>, signal: AbortSignal): Promise<void> {
    const checkpoint = { ...this.#checkpoint, savedAt: Date.now(), ...changed };
    await this.#keeper.save(checkpoint, signal);
    this.#checkpoint = checkpoint;
  }

  #withRaised(checkpoint: Checkpoint): Checkpoint {
    if (this.#raised.size === 0) return checkpoint;
    const tables = { ...checkpoint.tables };
    for (const [table, through] of this.#raised) {
      const progress = tables[table];
      if (progress?.state === 'catching-up')
        tables[table] = raisedThrough(progress, through, (a, b) => this.#source.compare(a, b));
    }
    this.#raised.clear();
    return { ...checkpoint, tables };
  }
}
