import type { ConnectorEvent } from '../contracts/connector-event.ts';
import type { Sink, TableEvolution } from '../contracts/sink.ts';
import { coreError } from '../errors/core-errors.ts';
import { qualifiedName, type Relation } from '../model/relation.ts';
import type { ColumnChange, SchemaChange } from '../model/schema-change.ts';
import type { Settings } from '../options/settings.ts';
import type { AddedColumns } from '../pipeline/transformation.ts';
import { isWanted, requested } from '../side/backfill-progress.ts';
import type { StreamProgress } from '../stream/stream-progress.ts';
import { describedChange } from './described-change.ts';
import { compareStorage, explained } from './explained-change.ts';
import { gonePart } from './gone-table.ts';
import { keptColumns, settingKeptAside } from './kept-columns.ts';
import { behaviorOf, describeColumnChange } from './schema-policy.ts';
import { StreamTables } from './stream-tables.ts';
import { tableEvolutions, toleratingMissing } from './table-evolution.ts';
import { hasJoined, hasLost } from './table-parts.ts';
import { columnChanges, shapeOf } from './table-shape.ts';
import { toldByLog } from './told-by-log.ts';

export interface StreamEvolutionOptions {
  /** Read whenever it is used. */
  readonly settings: Pick<Settings, 'schemaChanges' | 'source' | 'tables' | 'snapshot'>;
  readonly sink: Sink;
  readonly progress: StreamProgress;
  /** Columns that `transform` adds. */
  readonly added: AddedColumns;
  readonly report: (event: ConnectorEvent) => void;
  readonly isCaptured: (table: string) => boolean;
  /** A change that is not for this stream to carry out, because a copy has brought it or will. */
  readonly isLeftOut: (change: SchemaChange) => boolean;
  /** A table of the stream has this name from now on. */
  readonly onMet: (relation: Relation) => void;
  /**
   * What follows when rows that were there before are not what the target has of them: `backfill` copies the table anew
   * beside the stream, `start-over` the side stream that is copying it; `warn`: nobody can.
   */
  readonly rewritten: 'backfill' | 'start-over' | 'warn';
}

const isRenamed = ({ relation, before }: SchemaChange): boolean =>
  before !== undefined && qualifiedName(before.relation) !== qualifiedName(relation);

const isFollowed = (evolutions: readonly TableEvolution[]): boolean =>
  evolutions.some(({ steps }) => steps.some(({ kind }) => kind === 'rename-table'));

/** What the target has under the name is of another table. */
const replaced = (change: SchemaChange): SchemaChange => ({ ...change, rewritesRows: true });

/** How the target follows tables that get another shape: what is to be done, and what the checkpoint says of it. */
export class StreamEvolution {
  readonly #options: StreamEvolutionOptions;
  readonly #tables: StreamTables;
  #events: ConnectorEvent[] = [];
  #rewritten: string[] = [];

  constructor(options: StreamEvolutionOptions) {
    this.#options = options;
    const onCopy = (table: string) => this.#rewritten.push(table);
    const sides = options.rewritten === 'backfill';
    this.#tables = new StreamTables({ ...options, sides, onCopy, tell: (event) => this.#events.push(event) });
  }

  /**
   * What the sink has to do before the first change of a group. The next checkpoint knows the new shapes. Rejects
   * `SCHEMA_CHANGED` where the options say so.
   */
  async evolve(changes: readonly SchemaChange[]): Promise<readonly TableEvolution[]> {
    const evolutions: TableEvolution[] = [];
    const { progress } = this.#options;
    for (const change of changes) {
      const table = qualifiedName(change.relation);
      // Where the stream knows no table of the new name, the target has none with rows of another.
      const isKnown = this.#options.rewritten !== 'backfill' || progress.checkpoint.tables[table] !== undefined;
      const ofTables = this.#ofTables(change);
      evolutions.push(...ofTables);
      if (!this.#follows(change)) continue;
      const explained = await this.#explain(change);
      evolutions.push(
        ...this.#evolve(isKnown && isRenamed(change) && !isFollowed(ofTables) ? replaced(explained) : explained),
      );
    }
    return evolutions;
  }

  #ofTables(change: SchemaChange): readonly TableEvolution[] {
    if (this.#options.rewritten !== 'start-over') return this.#tables.evolve(change);
    // A side stream leaves names to the stream; but what comes under the name of its table then is another one.
    const former = this.#tables.formerName(change);
    const { isCaptured, isLeftOut } = this.#options;
    if (former !== undefined && isCaptured(former) && !isLeftOut(change)) throw rewritten(former);
    return [];
  }

  #follows(change: SchemaChange): boolean {
    const { isCaptured, isLeftOut, progress, rewritten } = this.#options;
    const table = qualifiedName(change.relation);
    if (change.table === 'drop-table' || !isCaptured(table) || isLeftOut(change)) return false;
    // One that is not named was never applied, where tables are copied beside the stream.
    return rewritten !== 'backfill' || progress.table(table) !== undefined;
  }

  /** What happened to rows that were there before, where the source does not say it itself. */
  async #explain(change: SchemaChange): Promise<SchemaChange> {
    const { settings, sink, progress } = this.#options;
    const table = qualifiedName(change.relation);
    const before = progress.table(table);
    if (!sink.capabilities.schemaChanges) return change;
    if (change.table !== undefined) {
      // The target may have kept what it had under this name.
      const columns = before?.shape === undefined ? [] : columnChanges(before.shape, change.relation);
      return { ...change, columns };
    }
    if (change.before !== undefined && change.storage !== undefined)
      return toldByLog({ ...change, before: change.before, storage: change.storage }, before);
    if (change.certain) return change;
    const now = change.storage ?? (await settings.source.describeStorage?.([table]))?.get(table);
    const known = explained(change, before?.storage, now);
    progress.change(table, ({ storage: _, ...each }) =>
      known.storage === undefined ? each : { ...each, storage: known.storage },
    );
    if (change.storage === undefined || before?.storage === undefined) return known.change;
    if (hasLost(before.storage, change.storage) && !hasJoined(before.storage, change.storage))
      this.#events.push(gonePart(table));
    const told = describedChange(change, before, change.storage);
    if (told !== null) return told;
    const { isRewritten } = compareStorage(before.storage, change.storage);
    return { ...known.change, rewritesRows: known.change.rewritesRows || isRewritten };
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
    const { schemaChanges } = settings;
    const evolutions = tableEvolutions(relation, columns, { schemaChanges, added });
    const shape = shapeOf(relation);
    const { state, kept: before = [] } = progress.table(table) ?? {};
    const kept = keptColumns(before, columns, schemaChanges);
    progress.change(table, ({ kept: _, ...each }) => ({ ...each, shape, ...(kept.length === 0 ? {} : { kept }) }));
    if (columns.length > 0)
      this.#events.push({
        type: 'schema',
        code: 'SCHEMA_CHANGED',
        message: `${table}: ${columns.map(describeColumnChange).join(', ')}`,
        details: { table, columns, certain },
      });
    if (!sink.capabilities.schemaChanges) return [];
    if (change.rewritesRows && this.#followsValues(columns)) this.#rewrite(table);
    const known = progress.table(table);
    const lacksValues = change.rewritesRows || (known !== undefined && isWanted(known));
    const followed = lacksValues ? evolutions.map(toleratingMissing) : evolutions;
    // What is catching up has the columns that were there when it was copied, which the log has not come to.
    if (state !== 'live') return followed;
    const dropped = columns.flatMap((each) => (each.kind === 'drop-column' ? [each.name] : []));
    return followed.map((evolution) => settingKeptAside(evolution, [...before, ...dropped]));
  }

  /** To drop a column changes no value: then those of others were changed beside it. */
  #followsValues(columns: readonly ColumnChange[]): boolean {
    const kinds = columns.map(({ kind }) => kind).filter((kind) => kind !== 'drop-column');
    return (kinds.length === 0 ? (['alter-column-type'] as const) : kinds).some(
      (kind) => behaviorOf(this.#options.settings.schemaChanges, kind) !== 'ignore',
    );
  }

  /** The target's rows have to become what the source has now. */
  #rewrite(table: string): void {
    const { progress, rewritten: how } = this.#options;
    if (how === 'start-over') throw rewritten(table);
    if (how === 'backfill') {
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

const rewritten = (table: string) =>
  coreError('ROWS_REWRITTEN', `${table} was rewritten while it was copied`, { details: { table } });
