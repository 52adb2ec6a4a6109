import { coreError } from '../errors/core-errors.ts';
import type { Change } from '../model/change.ts';
import { changedNames, changedRow } from '../model/decoded-row.ts';
import { type Column, qualifiedName, type Relation } from '../model/relation.ts';
import { createChange } from '../model/row-change.ts';
import type { RowImage } from '../model/row-image.ts';

/** Columns that the user's `transform` adds, by qualified table name. */
export type AddedColumns = ReadonlyMap<string, readonly Column[]>;

/** By the name that the type has at the sink. */
const valueTypeOf = (native: string): Pick<Column, 'type' | 'element'> => {
  if (native.endsWith('[]')) return { type: 'array', element: valueTypeOf(native.replace(/(\[\])+$/, '')).type };
  return { type: /^jsonb?$/i.test(native) ? 'json' : 'other' };
};

export const addedColumns = (
  columns: Readonly<Record<string, Readonly<Record<string, string>>>>,
): Map<string, Column[]> =>
  new Map(
    Object.entries(columns).map(([table, added]) => [
      table,
      Object.entries(added).map(([name, native]) => ({
        name,
        ...valueTypeOf(native),
        native,
        nullable: true,
        generated: false,
      })),
    ]),
  );

/** A table's relations as they are after `transform`. */
export const extendRelation = (relation: Relation, added: AddedColumns): Relation => {
  const columns = added.get(qualifiedName(relation));
  return columns === undefined ? relation : { ...relation, columns: [...relation.columns, ...columns] };
};

/** The inverse: as the source has it. */
export const sourceRelation = (relation: Relation, added: AddedColumns): Relation => {
  const columns = added.get(qualifiedName(relation)) ?? [];
  const rest = relation.columns.length - columns.length;
  const isExtended = columns.length > 0 && columns.every(({ name }, at) => relation.columns[rest + at]?.name === name);
  return isExtended ? { ...relation, columns: relation.columns.slice(0, rest) } : relation;
};

/** Runs the user's `transform` and holds it to its rules: the key stays, and new columns are declared. */
export class Transformation {
  readonly #transform: (change: Change) => Change | null;
  readonly #added: AddedColumns;
  readonly #spelling: ReadonlyMap<string, string>;
  readonly #extended = new WeakMap<Relation, Relation>();
  readonly #names = new WeakMap<Relation, ReadonlySet<string>>();

  /** `spelling`: how the user's schema type names a table, where that is not `schema.table`. */
  constructor(
    transform: (change: Change) => Change | null,
    added: AddedColumns,
    spelling: ReadonlyMap<string, string>,
  ) {
    this.#transform = transform;
    this.#added = added;
    this.#spelling = spelling;
  }

  /** The change with what `transform` made of its row; `null`: it is dropped. */
  apply(change: Change): Change | null {
    const after = this.row(change);
    if (after === undefined) return null;
    const { op, table, transaction, sequence, image } = change;
    const relation = this.relation(change.relation);
    if (relation === change.relation && after === image.after) return change;
    return createChange({ op, table, relation, transaction, sequence, before: image.before, after });
  }

  /** The row after the change as `transform` makes it; `undefined`: the change is dropped. */
  row(change: Change): RowImage | null | undefined {
    const result = this.#call(spelled(change, this.#spelling));
    if (result === null) return undefined;
    const { after } = result.image;
    return after === null ? null : this.#checked(change, after, this.relation(change.relation));
  }

  /** A relation with the columns that `transform` adds. */
  relation(relation: Relation): Relation {
    let extended = this.#extended.get(relation);
    if (extended === undefined) {
      extended = extendRelation(relation, this.#added);
      this.#extended.set(relation, extended);
    }
    return extended;
  }

  #call(change: Change): Change | null {
    let result: Change | null;
    try {
      result = this.#transform(change);
    } catch (cause) {
      throw coreError('TRANSFORM_FAILED', `transform threw for a change of ${change.table}`, { cause });
    }
    if (result === null) return null;
    if (result instanceof Promise)
      throw failed(change, 'returned a promise; asynchronous work belongs into a sink or a handler');
    if (result?.image === undefined || Object.hasOwn(result, 'after'))
      throw failed(change, 'must return the change, change.with({ after }), or null');
    return result;
  }

  #checked(original: Change, after: RowImage, relation: Relation): RowImage {
    const before = original.image.after;
    const changed = (before === null ? null : changedNames(after, before)) ?? Object.keys(after.toObject());
    if (changed.length === 0 && after.relation === relation) return after;
    const known = this.#namesOf(relation);
    if (!changed.every((name) => known.has(name)))
      throw failed(
        original,
        `added undeclared columns: ${changed.filter((name) => !known.has(name)).join(', ')}`,
        `Declare them: columns: { '${original.table}': { … } }`,
      );
    for (const column of identifying(original.relation)) {
      const name = original.relation.columns[column]?.name ?? '';
      if (changed.includes(name) && after.text(column) !== before?.text(column))
        throw failed(original, `changed the key column ${name}`);
    }
    if (after.relation === relation) return after;
    // Values of declared columns are known only by name until the relation has them.
    const names = this.#namesOf(original.relation);
    const added = Object.entries(after.toObject()).filter(([name]) => !names.has(name));
    return changedRow(after, relation, Object.fromEntries(added));
  }

  #namesOf(relation: Relation): ReadonlySet<string> {
    let names = this.#names.get(relation);
    if (names === undefined) {
      names = new Set(relation.columns.map(({ name }) => name));
      this.#names.set(relation, names);
    }
    return names;
  }
}

/** What the log tells rows apart by: without a key, all of a row that is logged in full. */
const identifying = ({ key, identity, columns }: Relation): readonly number[] =>
  key ?? (identity === 'full' ? columns.map((_, index) => index) : []);

const failed = (change: Change, what: string, hint?: string) =>
  coreError('TRANSFORM_FAILED', `transform ${what} (${change.table})`, { hint, details: { table: change.table } });

/** The change under the name that the user's schema type has for its table. */
export const spelled = (change: Change, spelling: ReadonlyMap<string, string>): Change => {
  const table = spelling.get(change.table);
  if (table === undefined) return change;
  const { op, relation, transaction, sequence, image } = change;
  return createChange({ op, table, relation, transaction, sequence, before: image.before, after: image.after });
};
