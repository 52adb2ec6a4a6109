import { coreError } from '../errors/core-errors.ts';
import type { Column, Relation } from '../model/relation.ts';
import type { ColumnChange, SchemaChangeKind } from '../model/schema-change.ts';

/**
 * What a change of a table does to the target. `lenient`: the target follows, but loses nothing: of a dropped
 * column it keeps the values. `evolve`: it follows exactly. `try-evolve`: as `evolve`; what the target refuses is left as
 * it is, with a warning. `ignore`: the target stays as it is; a column that it does not have is left out. `exception`: the
 * stream stops.
 *
 * Of whole tables, `create-table`: one that the stream meets after its first start is made, copied and followed; `ignore`:
 * left out, unless `tables` names it. `rename-table`: under `evolve` the target's gets the new name; otherwise it stays, and the
 * new name is that of a new table. `drop-table`: under `evolve` and `try-evolve` the target's is dropped; otherwise it stays.
 * Renamed and dropped tables are seen with certainty only where the source describes statements.
 */
export type SchemaChangeBehavior = 'lenient' | 'evolve' | 'try-evolve' | 'ignore' | 'exception';

/** What a truncate does to the target. `evolve`: it is applied; `ignore`: rows stay; `exception`: the stream stops. */
export type TruncateBehavior = 'evolve' | 'ignore' | 'exception';

/** One for all kinds, or one for each. A truncate is data: `evolve`, unless it is told itself. */
export type SchemaChangesOption =
  | SchemaChangeBehavior
  | ({ readonly default?: SchemaChangeBehavior; readonly truncate?: TruncateBehavior } & {
      readonly [K in SchemaChangeKind]?: SchemaChangeBehavior;
    });

/** What a sink does to its table. Done already: nothing is left of it to do. */
export type EvolutionStep = {
  /** `fail`: the stream stops where it cannot be done; `skip`: it goes on without it. */
  readonly otherwise: 'fail' | 'skip';
} & (
  | ColumnChange
  /** The column stays, and is NULL from now on. */
  | { readonly kind: 'keep-column'; readonly name: string }
  /** Its name is wanted for another column: it stays under one that is free. */
  | { readonly kind: 'set-aside-column'; readonly name: string }
  | { readonly kind: 'create-table' }
  | { readonly kind: 'drop-table' }
  | { readonly kind: 'rename-table'; readonly from: Pick<Relation, 'schema' | 'table'> }
);

export const behaviorOf = (option: SchemaChangesOption, kind: SchemaChangeKind): SchemaChangeBehavior =>
  typeof option === 'string' ? option : (option[kind] ?? option.default ?? 'lenient');

export const truncateBehavior = (option: SchemaChangesOption): TruncateBehavior =>
  (typeof option === 'string' ? undefined : option.truncate) ?? 'evolve';

/** For `exception`. */
export const schemaChanged = (table: string, changes: readonly string[]) =>
  coreError('SCHEMA_CHANGED', `${table} has changed: ${changes.join(', ')}`, {
    hint: "Let the target follow, e.g. stream.update({ schemaChanges: 'lenient' }), then recover('retry').",
    details: { table, changes },
  });

/** Columns may be missing at the target: what the source sends for them is not written. */
export const mayLeaveOut = (option: SchemaChangesOption): boolean =>
  (['add-column', 'rename-column'] as const).some((kind) => {
    const behavior = behaviorOf(option, kind);
    return behavior === 'ignore' || behavior === 'try-evolve';
  });

/** What is to be done about a change; `null`: nothing. `exception` is the caller's business. */
export const evolutionStep = (change: ColumnChange, behavior: SchemaChangeBehavior): EvolutionStep | null => {
  if (behavior === 'ignore') return null;
  const otherwise = behavior === 'try-evolve' ? 'skip' : 'fail';
  if (behavior === 'lenient') {
    if (change.kind === 'drop-column') return { kind: 'keep-column', name: change.name, otherwise };
    // The target may have rows without a value that the source does not have any more.
    if (change.kind === 'alter-column-nullability' && !change.nullable) return null;
    // A default concerns rows that others write: nothing that is moved depends on it.
    if (change.kind === 'alter-column-default') return { ...change, otherwise: 'skip' };
  }
  return { ...change, otherwise };
};

/** For people. */
export const describeColumnChange = (change: ColumnChange): string => {
  const typed = ({ name, native }: Column) => `"${name}" ${native}`;
  switch (change.kind) {
    case 'add-column':
      return `column ${typed(change.column)} added`;
    case 'drop-column':
      return `column "${change.name}" dropped`;
    case 'rename-column':
      return `column "${change.from}" renamed to "${change.name}"`;
    case 'alter-column-type':
      return `column ${typed(change.column)}, was ${change.from}`;
    case 'alter-column-nullability':
      return `column "${change.name}" ${change.nullable ? 'may be NULL' : 'may not be NULL'}`;
    case 'alter-column-default':
      return `column "${change.name}" ${change.sql === null ? 'without a default' : 'with another default'}`;
  }
};
