import type { TableProgress } from '../contracts/checkpoint.ts';
import type { ConnectorEvent } from '../contracts/connector-event.ts';
import type { Sink, TableEvolution } from '../contracts/sink.ts';
import type { Position } from '../model/position.ts';
import { qualifiedName, type Relation } from '../model/relation.ts';
import type { SchemaChange } from '../model/schema-change.ts';
import type { Settings } from '../options/settings.ts';
import { entriesFor, qualified } from '../pipeline/table-selection.ts';
import { type AddedColumns, extendRelation } from '../pipeline/transformation.ts';
import { gone, isWanted } from '../side/backfill-progress.ts';
import type { StreamProgress } from '../stream/stream-progress.ts';
import { goneTable } from './gone-table.ts';
import { behaviorOf, schemaChanged } from './schema-policy.ts';

export interface StreamTablesOptions {
  /** Read whenever it is used. */
  readonly settings: Pick<Settings, 'schemaChanges' | 'source' | 'tables'>;
  readonly sink: Pick<Sink, 'copies'>;
  readonly progress: Pick<StreamProgress, 'checkpoint' | 'committed' | 'rename' | 'remove'>;
  /** Columns that `transform` adds. */
  readonly added: AddedColumns;
  readonly isCaptured: (table: string) => boolean;
  /** A table of the stream has this name from now on. */
  readonly onRenamed: (relation: Relation) => void;
  /** Once the group is durable, the copy of a table ends: it is gone. */
  readonly onGone: (table: string) => void;
  /** To be told when the group is durable. */
  readonly tell: (event: ConnectorEvent) => void;
}

/**
 * What a statement that drops a table or gives it another name does at the target, and to what the checkpoint knows of the
 * table: at once, because what stands behind it in the group may be of another table of the same name.
 */
export class StreamTables {
  readonly #options: StreamTablesOptions;

  constructor(options: StreamTablesOptions) {
    this.#options = options;
  }

  /** Nothing: the target's tables stay. Throws `SCHEMA_CHANGED` where the options say so. */
  evolve(change: SchemaChange): readonly TableEvolution[] {
    return change.table === 'drop-table' ? this.#drop(change) : this.#rename(change);
  }

  #drop(change: SchemaChange): readonly TableEvolution[] {
    const { settings, progress, isCaptured } = this.#options;
    const { relation } = change;
    const table = qualifiedName(relation);
    const known = progress.checkpoint.tables[table];
    const isOther = known?.storage?.id !== undefined && known.storage.id !== change.storage?.id;
    if (!isCaptured(table) || known === undefined || isOther || this.#isCopied(known, change)) return [];
    const behavior = behaviorOf(settings.schemaChanges, 'drop-table');
    if (behavior === 'exception') throw schemaChanged(table, ['the table was dropped']);
    const isDropped = (behavior === 'evolve' || behavior === 'try-evolve') && !isWanted(known);
    this.#forget(table, known, isDropped);
    if (!isDropped) return [];
    this.#tell(table, change, `${table} was dropped`);
    return [{ relation, steps: [{ kind: 'drop-table', otherwise: behavior === 'evolve' ? 'fail' : 'skip' }] }];
  }

  #rename(change: SchemaChange): readonly TableEvolution[] {
    const { settings, progress, added, isCaptured, onRenamed } = this.#options;
    const { relation, storage } = change;
    const to = qualifiedName(relation);
    const { tables } = progress.checkpoint;
    const [from, known] =
      Object.entries(tables).find(
        ([table, each]) => table !== to && storage?.id !== undefined && each.storage?.id === storage.id,
      ) ?? [];
    if (from === undefined || known === undefined || !isCaptured(from) || this.#isCopied(known, change)) return [];
    const behavior = behaviorOf(settings.schemaChanges, 'rename-table');
    if (behavior === 'exception') throw schemaChanged(from, [`the table was renamed to ${to}`]);
    const isFree = isCaptured(to) && tables[to] === undefined && this.#areAlike(from, to);
    const [schema, table, ...rest] = from.split('.');
    // Of more parts nobody knows which are the schema's.
    const isPlain = schema !== undefined && table !== undefined && rest.length === 0;
    if (behavior !== 'evolve' || known.state !== 'live' || isWanted(known) || !isFree || !isPlain) {
      this.#forget(from, known, false);
      return [];
    }
    progress.rename(from, to);
    onRenamed(relation);
    this.#tell(to, change, `${from} was renamed to ${to}`);
    const step = { kind: 'rename-table', from: { schema, table }, otherwise: 'fail' } as const;
    return [{ relation: extendRelation(relation, added), steps: [step] }];
  }

  /** What comes by its name is another table. */
  #forget(table: string, known: TableProgress, isDropped: boolean): void {
    const { progress, tell, onGone } = this.#options;
    progress.remove(table);
    // What a side stream has left is still to be removed.
    if (!isDropped || known.backfill?.side != null)
      progress.committed({ ...progress.checkpoint.tables, [table]: gone(known, !isDropped) });
    if (isWanted(known)) onGone(table);
    if (!isDropped && known.gone !== true) tell(goneTable(table));
  }

  /** Its copy was made when the table was another one. */
  #isCopied({ from }: TableProgress, { transaction }: SchemaChange): boolean {
    const { source } = this.#options.settings;
    const isBefore = (position: Position) => source.compare(position, from) < 0;
    return transaction !== null && isBefore(transaction.position);
  }

  /** The options say the same of both names: rows under the new one are like those that are there. */
  #areAlike(from: string, to: string): boolean {
    const { settings, sink, added } = this.#options;
    const { source } = settings;
    const entries = settings.tables.map((entry) => ({ ...entry, name: qualified(entry.name, source.defaultSchema) }));
    const said = (table: string) =>
      JSON.stringify([
        entriesFor(entries, table).map((entry) => ({ ...entry, name: '' })),
        added.get(table) ?? [],
        sink.copies?.(table),
      ]);
    return said(from) === said(to);
  }

  #tell(table: string, { certain }: SchemaChange, message: string): void {
    this.#options.tell({ type: 'schema', code: 'SCHEMA_CHANGED', message, details: { table, certain } });
  }
}
