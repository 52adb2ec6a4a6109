import type { SchemaChange, Transaction } from '@millrace/core';
import { describedRelation } from '../../rows/described-relation.ts';
import type { LoggedStatement } from '../logged-statement.ts';
import type { SchemaEffect } from '../schema-effect.ts';
import type { TableDefinition } from '../table-definition.ts';
import { changedStorages, storageOf, type TableStorages } from './table-storages.ts';

/** What is the same of all changes of one statement. */
type Said = Pick<SchemaChange, 'columns' | 'transaction' | 'statement' | 'certain' | 'rewritesRows'>;

const strictTransactional = 1n << 21n;
const strictAll = 1n << 22n;

/** What a statement did to captured tables, in the words of a stream. */
export const schemaChangesOf = (
  effects: readonly SchemaEffect[],
  { sql, sqlMode }: Pick<LoggedStatement, 'sql' | 'sqlMode'>,
  transaction: Transaction,
  captured: (schema: string, table: string) => boolean,
): readonly SchemaChange[] => {
  const said: Said = { columns: [], transaction, statement: sql, certain: false, rewritesRows: false };
  const strict = ((sqlMode ?? 0n) & (strictTransactional | strictAll)) !== 0n;
  const isCaptured = ({ schema, table }: TableDefinition) => captured(schema, table);
  return effects.flatMap((effect): readonly SchemaChange[] => {
    switch (effect.kind) {
      case 'table-changed':
        return isCaptured(effect.before) ? [compared(said, effect, changedStorages(effect, strict))] : [];
      default:
        return [];
    }
  });
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
