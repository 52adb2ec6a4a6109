import type { ConnectorEvent } from '../contracts/connector-event.ts';
import type { Sink, TableEvolution } from '../contracts/sink.ts';
import { coreError } from '../errors/core-errors.ts';
import { qualifiedName } from '../model/relation.ts';
import type { ColumnChange, SchemaChange } from '../model/schema-change.ts';
import type { Settings } from '../options/settings.ts';
import type { AddedColumns } from '../pipeline/transformation.ts';
import { requested } from '../side/backfill-progress.ts';
import type { StreamProgress } from '../stream/stream-progress.ts';
import { explained } from './explained-change.ts';
import { behaviorOf, describeColumnChange } from './schema-policy.ts';
import { tableEvolutions } from './table-evolution.ts';
import { shapeOf } from './table-shape.ts';

export interface StreamEvolutionOptions {
  /** Read whenever it is used. */
  readonly settings: Pick<Settings, 'schemaChanges' | 'source'>;
  readonly sink: Sink;
  readonly progress: StreamProgress;
  /** Columns that `transform` adds. */
  readonly added: AddedColumns;
  readonly report: (event: ConnectorEvent) => void;
  /**
   * What follows when rows that were there before are not what the target has of them: `backfill` copies the table anew
   * beside the stream, `start-over` the side stream that is copying it; `warn`: nobody can.
   */
  readonly rewritten: 'backfill' | 'start-over' | 'warn';
}

/** How the target follows tables that get another shape: what is to be done, and what the checkpoint says of it. */
export class StreamEvolution {
  readonly #options: StreamEvolutionOptions;
  #events: ConnectorEvent[] = [];
  #rewritten: string[] = [];

  constructor(options: StreamEvolutionOptions) {
    this.#options = options;
  }

  /**
   * What the sink has to do before the first change of a group. The next checkpoint knows the new shapes. Rejects
   * `SCHEMA_CHANGED` where the options say so.
   */
  async evolve(changes: readonly SchemaChange[]): Promise<readonly TableEvolution[]> {
    const evolutions: TableEvolution[] = [];
    for (const change of changes) evolutions.push(...this.#evolve(await this.#explain(change)));
    return evolutions;
  }

  /** What an inferred change did to rows that were there before. */
  async #explain(change: SchemaChange): Promise<SchemaChange> {
    const { settings, sink, progress } = this.#options;
    const table = qualifiedName(change.relation);
    if (change.certain || !sink.capabilities.schemaChanges) return change;
    const now = (await settings.source.describeStorage?.([table]))?.get(table);
    const known = explained(change, progress.table(table)?.storage, now);
    progress.change(table, ({ storage: _, ...each }) =>
      known.storage === undefined ? each : { ...each, storage: known.storage },
    );
    return known.change;
  }

  /** The group is durable. Returns the tables that are to be copied anew. */
  durable(): readonly string[] {
    const rewritten = this.#rewritten;
    for (const event of this.#events) this.#options.report(event);
    this.#events = [];
    this.#rewritten = [];
    return rewritten;
  }

  #evolve(change: SchemaChange): readonly TableEvolution[] {
    const { settings, sink, progress, added } = this.#options;
    const { relation, columns, certain } = change;
    const table = qualifiedName(relation);
    const evolutions = tableEvolutions(relation, columns, { schemaChanges: settings.schemaChanges, added });
    const shape = shapeOf(relation);
    progress.change(table, (each) => ({ ...each, shape }));
    this.#events.push({
      type: 'schema',
      code: 'SCHEMA_CHANGED',
      message: `${table}: ${columns.map(describeColumnChange).join(', ')}`,
      details: { table, columns, certain },
    });
    if (!sink.capabilities.schemaChanges) return [];
    const follows = ({ kind }: ColumnChange) =>
      kind !== 'drop-column' && behaviorOf(settings.schemaChanges, kind) !== 'ignore';
    if (change.rewritesRows && columns.some(follows)) this.#rewrite(table);
    return evolutions;
  }

  /** The target's rows have to become what the source has now. */
  #rewrite(table: string): void {
    const { progress, rewritten } = this.#options;
    if (rewritten === 'start-over')
      throw coreError('ROWS_REWRITTEN', `${table} was rewritten while it was copied`, { details: { table } });
    if (rewritten === 'backfill') {
      progress.change(table, (each) => requested(each, null, 'automatic'));
      this.#rewritten.push(table);
      return;
    }
    this.#events.push({
      type: 'warning',
      code: 'ROWS_NOT_REWRITTEN',
      message: `Rows of ${table} that were there before may differ from the source's: source or sink copies no tables beside the stream`,
      details: { table },
    });
  }
}
