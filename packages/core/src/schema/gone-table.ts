import type { ConnectorEvent } from '../contracts/connector-event.ts';
import type { MillraceError } from '../errors/millrace-error.ts';
import { qualifiedName, type Relation } from '../model/relation.ts';
import type { Settings } from '../options/settings.ts';
import { capturedOperations, selectedTables } from '../pipeline/table-selection.ts';
import type { Tables } from '../snapshot/table-progress.ts';
import { behaviorOf, schemaChanged } from './schema-policy.ts';

/** A captured table that the source does not have any more. What the target has of it stays. */
export const goneTable = (table: string): ConnectorEvent => ({
  type: 'schema',
  code: 'TABLE_GONE',
  message: `${table}: the source has no such table any more: it was dropped, or has another name`,
  details: { table },
});

/**
 * Why the stream has to stop for tables that are gone; `null`: it need not. Where the source describes statements, the one that
 * drops a table or renames it stops the stream, at its place.
 */
export const goneRefused = (
  tables: readonly string[],
  { schemaChanges, source }: Pick<Settings, 'schemaChanges' | 'source'>,
): MillraceError | null => {
  const [first] = tables;
  const isRefused = behaviorOf(schemaChanges, 'drop-table') === 'exception';
  if (first === undefined || !isRefused || source.capabilities.schemaChanges === 'certain') return null;
  return schemaChanged(first, ['the table is gone']);
};

/** Tables that were live, and that the options still ask for. */
export const goneTables = (
  tables: Tables,
  captured: readonly Relation[],
  { tables: entries, source }: Pick<Settings, 'tables' | 'source'>,
): readonly string[] => {
  const names = new Set(captured.map(qualifiedName));
  const selected = selectedTables(entries, source.defaultSchema);
  return Object.keys(tables).filter(
    (table) => tables[table]?.state === 'live' && !names.has(table) && capturedOperations(selected, table) !== null,
  );
};

/** A part of a table was taken out of it, or dropped. */
export const gonePart = (table: string): ConnectorEvent => ({
  type: 'schema',
  code: 'PART_GONE',
  message: `${table}: a partition was detached or dropped: the target keeps its rows until the table is copied anew`,
  details: { table },
});
