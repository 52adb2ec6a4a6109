import { qualifiedName, type SchemaChange, type Transaction } from '@millrace/core';
import { describedRelation } from '../../rows/described-relation.ts';
import type { LoggedStatement } from '../logged-statement.ts';
import type { SchemaEffect } from '../schema-effect.ts';
import type { TableDefinition } from '../table-definition.ts';
import { orderedRenames, type Rename } from './ordered-renames.ts';
import { changedStorages, replacedStorages, storageOf, type TableStorages } from './table-storages.ts';

/** What is the same of all changes of one statement. */
type Said = Pick<SchemaChange, 'columns' | 'transaction' | 'statement' | 'certain' | 'rewritesRows'>;

const strictTransactional = 1n << 21n;
const strictAll = 1n << 22n;

/** What a statement did to captured tables, in the words of a stream and in the order in which that can do it. */
export const schemaChangesOf = (
  effects: readonly SchemaEffect[],
  { sql, sqlMode }: Pick<LoggedStatement, 'sql' | 'sqlMode'>,
  transaction: Transaction,
  captured: (schema: string, table: string) => boolean,
): readonly SchemaChange[] => {
  const said: Said = { columns: [], transaction, statement: sql, certain: false, rewritesRows: false };
  const strict = ((sqlMode ?? 0n) & (strictTransactional | strictAll)) !== 0n;
  const isCaptured = ({ schema, table }: TableDefinition) => captured(schema, table);
  const renames = effects.filter((effect) => effect.kind === 'table-renamed');
  const others = effects.flatMap((effect): readonly SchemaChange[] => {
    switch (effect.kind) {
      case 'table-changed':
        return isCaptured(effect.before) ? [compared(said, effect, changedStorages(effect, strict))] : [];
      case 'table-created':
        return isCaptured(effect.after) ? [made(said, effect.after)] : [];
      case 'table-dropped':
        return isCaptured(effect.before)
          ? [{ ...said, relation: describedRelation(effect.before), table: 'drop-table' }]
          : [];
      default:
        return [];
    }
  });
  return [...others, ...renamed(said, renames, isCaptured)];
};

const renamed = (
  said: Said,
  renames: readonly Rename[],
  isCaptured: (table: TableDefinition) => boolean,
): readonly SchemaChange[] => {
  const taken = new Set(renames.map(({ after }) => qualifiedName(after)));
  const { ordered, circles } = orderedRenames(renames);
  return [
    ...ordered.flatMap(({ before, after, replaced }): readonly SchemaChange[] => {
      // What has its name now is said of that name.
      if (!isCaptured(after))
        return isCaptured(before) && !taken.has(qualifiedName(before)) ? [moved(said, before, after)] : [];
      if (isCaptured(before)) return [moved(said, before, after)];
      // A copy has taken the place of a table, as gh-ost and pt-online-schema-change do it.
      return [replaced === null ? { ...made(said, after), rewritesRows: true } : exchanged(said, replaced, after)];
    }),
    ...circles.flatMap(({ after, replaced }) =>
      isCaptured(after) && replaced !== null ? [exchanged(said, replaced, after)] : [],
    ),
  ];
};

const compared = (
  said: Said,
  { before, after }: { readonly before: TableDefinition; readonly after: TableDefinition },
  stored: TableStorages,
): SchemaChange => ({
  ...said,
  relation: describedRelation(after),
  storage: stored.after,
  before: { relation: describedRelation(before), storage: stored.before },
});

const made = (said: Said, table: TableDefinition): SchemaChange => ({
  ...said,
  relation: describedRelation(table),
  table: 'create-table',
});

const moved = (said: Said, before: TableDefinition, after: TableDefinition): SchemaChange =>
  compared(said, { before, after }, { before: storageOf(before), after: storageOf(after) });

const exchanged = (said: Said, before: TableDefinition, after: TableDefinition): SchemaChange =>
  compared(said, { before, after }, replacedStorages(before, after));
