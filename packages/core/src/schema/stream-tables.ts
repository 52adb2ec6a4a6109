import type { TableProgress } from '../contracts/checkpoint.ts';
import type { ConnectorEvent } from '../contracts/connector-event.ts';
import type { Sink, TableEvolution } from '../contracts/sink.ts';
import { qualifiedName, type Relation } from '../model/relation.ts';
import type { SchemaChange } from '../model/schema-change.ts';
import type { Settings } from '../options/settings.ts';
import { entriesFor, qualified } from '../pipeline/table-selection.ts';
import { type AddedColumns, extendRelation } from '../pipeline/transformation.ts';
import { cameBack, gone, isWanted, metAt } from '../side/backfill-progress.ts';
import { copiesTables } from '../snapshot/copying-source.ts';
import type { StreamProgress } from '../stream/stream-progress.ts';
import { goneTable } from './gone-table.ts';
import { leftOutOfNew, refuseNew } from './new-tables.ts';
import { behaviorOf, schemaChanged } from './schema-policy.ts';

/** A table that the checkpoint does not name, of a stream without side streams. */
const followed: TableProgress = { state: 'live', from: '', ranges: [], through: null };

export interface StreamTablesOptions {
  /** Read whenever it is used. */
  readonly settings: Pick<Settings, 'schemaChanges' | 'source' | 'tables' | 'snapshot'>;
  /** Tables can be copied beside the stream. */
  readonly sides: boolean;
  readonly sink: Pick<Sink, 'copies'>;
  readonly progress: Pick<StreamProgress, 'checkpoint' | 'position' | 'committed' | 'rename' | 'remove'>;
  /** Columns that `transform` adds. */
  readonly added: AddedColumns;
  readonly isCaptured: (table: string) => boolean;
  /** A table of the stream has this name from now on. */
  readonly onMet: (relation: Relation) => void;
  /** Once the group is durable, the copy of a table ends or begins: it is gone, or there again. */
  readonly onCopy: (table: string) => void;
  /** To be told when the group is durable. */
  readonly tell: (event: ConnectorEvent) => void;
}

const isOf = (known: TableProgress | undefined, { storage }: SchemaChange): boolean =>
  storage?.id !== undefined && known?.storage?.id === storage.id;

/**
 * What a statement that makes or drops a table or gives it another name does at the target, and to what the checkpoint knows of the
 * table: at once, because what stands behind it in the group may be of another table of the same name.
 */
export class StreamTables {
  readonly #options: StreamTablesOptions;

  constructor(options: StreamTablesOptions) {
    this.#options = options;
  }

  /** Nothing: the target's tables stay. Throws `SCHEMA_CHANGED` where the options say so. */
  evolve(change: SchemaChange): readonly TableEvolution[] {
    if (change.table === 'create-table') return this.#create(change);
    return change.table === 'drop-table' ? this.#drop(change) : this.#rename(change);
  }

  #create(change: SchemaChange): readonly TableEvolution[] {
    const { settings, sides, progress, isCaptured, onMet, onCopy, added } = this.#options;
    const { relation, storage } = change;
    const table = qualifiedName(relation);
    const { tables } = progress.checkpoint;
    const known = tables[table];
    if (!isCaptured(table)) return [];
    if (sides) {
      if (known !== undefined && known.gone !== true) return [];
      refuseNew([table], settings);
      if (leftOutOfNew([table], settings).length > 0) return [];
      const copies = copiesTables(settings);
      // One that was just made is met with its first row.
      const isMet = known !== undefined || !copies || change.table !== 'create-table';
      if (isMet && copies) onCopy(table);
      if (isMet) {
        const met = known === undefined ? metAt(progress.position, copies) : cameBack(known, copies);
        progress.committed({ ...tables, [table]: storage === undefined ? met : { ...met, storage } });
        onMet(relation);
      }
      // Whoever copies it makes it.
      if (copies) return [];
    }
    return [{ relation: extendRelation(relation, added), steps: [{ kind: 'create-table', otherwise: 'fail' }] }];
  }

  #drop(change: SchemaChange): readonly TableEvolution[] {
    const { settings, progress, isCaptured } = this.#options;
    const { relation } = change;
    const table = qualifiedName(relation);
    const known = this.#known(table);
    const id = progress.checkpoint.tables[table]?.storage?.id;
    const isOther = id !== undefined && id !== change.storage?.id;
    if (!isCaptured(table) || known === null || isOther || this.#isCopied(known, change)) return [];
    const behavior = behaviorOf(settings.schemaChanges, 'drop-table');
    if (behavior === 'exception') throw schemaChanged(table, ['the table was dropped']);
    const isDropped = (behavior === 'evolve' || behavior === 'try-evolve') && !isWanted(known);
    this.#forget(table, known, isDropped);
    if (!isDropped) return [];
    this.#tell(table, change, `${table} was dropped`);
    return [{ relation, steps: [{ kind: 'drop-table', otherwise: behavior === 'evolve' ? 'fail' : 'skip' }] }];
  }

  #rename(change: SchemaChange): readonly TableEvolution[] {
    const { settings, progress, added, isCaptured, onMet } = this.#options;
    const { relation } = change;
    const to = qualifiedName(relation);
    const { tables } = progress.checkpoint;
    const from = this.formerName(change);
    const known = from === undefined ? null : this.#known(from);
    const isBack = tables[to]?.gone === true && isOf(tables[to], change);
    if (from === undefined || known === null || !isCaptured(from) || this.#isCopied(known, change))
      return isBack ? this.#create(change) : [];
    const behavior = behaviorOf(settings.schemaChanges, 'rename-table');
    if (behavior === 'exception') throw schemaChanged(from, [`the table was renamed to ${to}`]);
    const isFree = isCaptured(to) && tables[to] === undefined && this.#areAlike(from, to);
    const [schema, table, ...rest] = from.split('.');
    // Of more parts nobody knows which are the schema's.
    const isPlain = schema !== undefined && table !== undefined && rest.length === 0;
    if (behavior !== 'evolve' || known.state !== 'live' || isWanted(known) || !isFree || !isPlain) {
      this.#forget(from, known, false);
      return this.#create(change);
    }
    progress.rename(from, to);
    onMet(relation);
    this.#tell(to, change, `${from} was renamed to ${to}`);
    const step = { kind: 'rename-table', from: { schema, table }, otherwise: 'fail' } as const;
    return [{ relation: extendRelation(relation, added), steps: [step] }];
  }

  /** The name that the stream knows a table by that does not have it any more; `undefined`: it has its own. */
  formerName(change: SchemaChange): string | undefined {
    const { relation, before, table: what } = change;
    const to = qualifiedName(relation);
    if (what === 'drop-table') return to;
    const named = before === undefined ? to : qualifiedName(before.relation);
    if (named !== to) return named;
    const { tables } = this.#options.progress.checkpoint;
    const isGone = (table: string) => tables[table]?.gone === true;
    const known = Object.keys(tables).filter((table) => isOf(tables[table], change));
    if (known.includes(to) && !isGone(to)) return undefined;
    // Those that are gone may have had it before.
    return known.find((table) => !isGone(table)) ?? known.find((table) => table !== to);
  }

  /** `null`: nothing of the table was ever applied. */
  #known(table: string): TableProgress | null {
    const { progress, sides } = this.#options;
    return progress.checkpoint.tables[table] ?? (sides ? null : followed);
  }

  /** What comes by its name is another table. */
  #forget(table: string, known: TableProgress, isDropped: boolean): void {
    const { progress, sides, tell, onCopy } = this.#options;
    // Without copies that one is followed from its first change on.
    if (isDropped || sides) progress.remove(table);
    // What a side stream has left is still to be removed.
    if (sides && (!isDropped || known.backfill?.side != null))
      progress.committed({ ...progress.checkpoint.tables, [table]: gone(known, !isDropped) });
    if (isWanted(known)) onCopy(table);
    if (!isDropped && known.gone !== true) tell(goneTable(table));
  }

  /** Its copy was made when the table was another one. */
  #isCopied(known: TableProgress, { transaction }: SchemaChange): boolean {
    const { source } = this.#options.settings;
    return known !== followed && transaction !== null && source.compare(transaction.position, known.from) < 0;
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
