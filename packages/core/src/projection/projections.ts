import { coreError } from '../errors/core-errors.ts';
import type { MillraceError } from '../errors/millrace-error.ts';
import { batchEnd, type ChangeBatch, changeBatch } from '../model/change-batch.ts';
import { type Column, qualifiedName, type Relation, type UniqueIndex } from '../model/relation.ts';
import type { ColumnChange, SchemaChange } from '../model/schema-change.ts';
import type { TableStorage } from '../model/table-storage.ts';
import { capturesColumn, entriesFor, type SelectedTable } from '../pipeline/table-selection.ts';
import { type Mask, type MaskOption, maskOf } from './mask.ts';
import { ProjectedChanges, projectedChange } from './projected-changes.ts';
import type { Projection } from './projected-row.ts';

/** What the options say of the columns of a table, or of those that a pattern stands for. */
export interface ProjectedTable extends Pick<SelectedTable, 'name' | 'columns' | 'exclude'> {
  readonly mask?: Readonly<Record<string, MaskOption>> | undefined;
}

/** Leaves columns out of everything that a source says of its tables, and masks others. */
export class Projections {
  readonly tables: readonly ProjectedTable[];
  readonly #masks = new Map<MaskOption, Mask>();
  readonly #known = new WeakMap<Relation, Projection | { readonly is: null }>();
  readonly #of = (relation: Relation): Projection | null => this.of(relation);

  constructor(tables: readonly ProjectedTable[]) {
    this.tables = tables;
  }

  /** What is delivered of a table; `null`: all of it, as it is. Throws `COLUMNS_NOT_POSSIBLE`. */
  of(relation: Relation): Projection | null {
    let known = this.#known.get(relation);
    if (known === undefined) {
      const problem = this.problem(relation);
      if (problem !== null) throw problem;
      known = this.#project(relation) ?? { is: null };
      this.#known.set(relation, known);
    }
    return 'is' in known ? null : known;
  }

  /** The table as it is delivered. */
  relation(relation: Relation): Relation {
    return this.of(relation)?.relation ?? relation;
  }

  /** Everything is delivered as it is. */
  get isEmpty(): boolean {
    return this.tables.every(({ columns, exclude, mask }) => (columns ?? exclude ?? mask) === undefined);
  }

  /** A batch as it is delivered. */
  batch(batch: ChangeBatch): ChangeBatch {
    const { relations, changes, tables, commitTime, bytes } = batch;
    const schemaChanges = batch.schemaChanges.flatMap((change) => this.#schemaChange(change) ?? []);
    if (schemaChanges.length === 0 && relations.every((relation) => this.of(relation) === null)) return batch;
    const end = batchEnd(batch);
    if (changes.indexed === undefined) {
      const projected = Array.from(changes, (change) => projectedChange(change, this.#of));
      return { ...changeBatch(projected, end, bytes), schemaChanges };
    }
    return {
      relations: relations.map((relation) => this.relation(relation)),
      schemaChanges,
      changes: new ProjectedChanges(changes.indexed, this.#of),
      tables,
      commitTime,
      bytes,
      ...end,
    };
  }

  /** A change of a table's shape as it is delivered; `null`: it concerns only columns that are left out. */
  #schemaChange(change: SchemaChange): SchemaChange | null {
    const relation = this.relation(change.relation);
    if (relation === change.relation) return change;
    const columns = change.columns.flatMap((each) => this.#columnChange(change.relation, each) ?? []);
    const { storage, before } = change;
    if (storage !== undefined) {
      const former = before === undefined ? {} : { before: this.#before(before) };
      return { ...change, relation, columns, storage: this.storage(qualifiedName(relation), storage), ...former };
    }
    const isEmpty = change.table === undefined && columns.length === 0;
    return isEmpty ? null : { ...change, relation, columns };
  }

  #before({ relation, storage }: NonNullable<SchemaChange['before']>): NonNullable<SchemaChange['before']> {
    return { relation: this.relation(relation), storage: this.storage(qualifiedName(relation), storage) };
  }

  /** How a table is stored, as far as it is delivered. */
  storage(table: string, { columns, ...storage }: TableStorage): TableStorage {
    const captures = capturesColumn(this.tables, table);
    const delivered = Object.entries(columns).flatMap(([name, column]) => {
      if (!captures(name)) return [];
      const mask = this.#maskNamed(table, name);
      if (mask === null) return [[name, column] as const];
      const { default: _, fill, ...rest } = column;
      return [[name, { ...rest, fill: fill === null ? null : mask.apply(fill) }] as const];
    });
    return { ...storage, columns: Object.fromEntries(delivered) };
  }

  /** Whether rows of a table, as it is delivered, say their key in a masked form. */
  masksKey(relation: Relation): boolean {
    return (relation.key ?? []).some((column) => this.#maskFor(relation, relation.columns[column]) !== null);
  }

  /** Why a table cannot be delivered as the options say. */
  problem(relation: Relation): MillraceError | null {
    const captures = capturesColumn(this.tables, qualifiedName(relation));
    for (const [at, column] of relation.columns.entries()) {
      const isKey = relation.key?.includes(at) === true;
      const mask = this.#maskFor(relation, column);
      const of = `Column "${column.name}" of ${qualifiedName(relation)}`;
      if (isKey && !captures(column.name))
        return notPossible(
          relation,
          column,
          `${of} is part of the key by which rows are told apart: it cannot be left out`,
        );
      if (isKey && mask !== null && mask.kind !== 'hash')
        return notPossible(
          relation,
          column,
          `${of} is part of the key by which rows are told apart: it can only be hashed`,
        );
      if (mask?.kind === 'truncate' && column.type !== 'text' && column.type !== 'other')
        return notPossible(relation, column, `${of} is ${column.native}: only text can be truncated`);
    }
    return null;
  }

  #project(relation: Relation): Projection | null {
    const captures = capturesColumn(this.tables, qualifiedName(relation));
    const places = relation.columns.flatMap(({ name }, place) => (captures(name) ? [place] : []));
    const masks = places.map((place) => this.#maskFor(relation, relation.columns[place]));
    const isMasked = masks.some((mask) => mask !== null);
    if (places.length === relation.columns.length && !isMasked) return null;
    const columns = places.flatMap((place, at) => {
      const column = relation.columns[place];
      return column === undefined ? [] : [maskedColumn(column, masks[at] ?? null)];
    });
    const key = relation.key?.map((place) => places.indexOf(place)) ?? null;
    const { unique } = relation;
    const kept = unique === undefined || !isMasked ? unique : stillUnique(unique, columns, masks);
    return {
      relation: { ...relation, columns, key, ...(kept === undefined ? {} : { unique: kept }) },
      places,
      masks,
      isMasked,
    };
  }

  #columnChange(relation: Relation, change: ColumnChange): ColumnChange | null {
    const captures = capturesColumn(this.tables, qualifiedName(relation));
    if (change.kind === 'drop-column' || change.kind === 'alter-column-nullability')
      return captures(change.name) ? change : null;
    if (change.kind === 'alter-column-default')
      return captures(change.name) && this.#maskNamed(qualifiedName(relation), change.name) === null ? change : null;
    if (change.kind === 'rename-column') {
      if (captures(change.from) && captures(change.name)) return change;
      if (captures(change.from)) return { kind: 'drop-column', name: change.from };
      const column = this.relation(relation).columns.find(({ name }) => name === change.name);
      return column === undefined ? null : { kind: 'add-column', column, fill: null };
    }
    const { column } = change;
    if (!captures(column.name)) return null;
    const mask = this.#maskFor(relation, column);
    const masked = maskedColumn(column, mask);
    if (change.kind === 'alter-column-type') return { ...change, column: masked };
    return { ...change, column: masked, fill: change.fill === null ? null : (mask?.apply(change.fill) ?? change.fill) };
  }

  #maskFor(relation: Relation, column: Column | undefined): Mask | null {
    return column === undefined ? null : this.#maskNamed(qualifiedName(relation), column.name);
  }

  #maskNamed(table: string, name: string): Mask | null {
    const option = entriesFor(this.tables, table)
      .flatMap(({ mask }) => (mask !== undefined && Object.hasOwn(mask, name) ? [mask[name]] : []))
      .find((each) => each !== undefined);
    if (option === undefined) return null;
    const mask = this.#masks.get(option) ?? maskOf(option);
    this.#masks.set(option, mask);
    return mask;
  }
}

const maskedColumn = (column: Column, mask: Mask | null): Column => {
  if (mask?.length == null) return column;
  const { name, nullable, generated } = column;
  return { name, type: 'text', native: 'text', nullable, generated, textLength: mask.length };
};

/** Hashes differ where values do, other masks may not. Of an index over more than columns nobody knows. */
const stillUnique = (
  unique: readonly UniqueIndex[],
  columns: readonly Column[],
  masks: readonly (Mask | null)[],
): readonly UniqueIndex[] => {
  const differing = columns.filter((_, at) => (masks[at]?.kind ?? 'hash') === 'hash').map(({ name }) => name);
  const terms = new Set(differing.flatMap((name) => [name, `"${name.replaceAll('"', '""')}"`]));
  return unique.filter((index) => index.predicate === null && index.terms.every((term) => terms.has(term)));
};

const notPossible = (relation: Relation, column: Column, message: string): MillraceError =>
  coreError('COLUMNS_NOT_POSSIBLE', message, {
    hint: `Change what tables says of ${qualifiedName(relation)}.`,
    details: { table: qualifiedName(relation), column: column.name },
  });
