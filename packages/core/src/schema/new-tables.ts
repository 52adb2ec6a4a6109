import type { ConnectorEvent } from '../contracts/connector-event.ts';
import type { Settings } from '../options/settings.ts';
import { qualified } from '../pipeline/table-selection.ts';
import { behaviorOf, type SchemaChangeBehavior, schemaChanged } from './schema-policy.ts';

type TableSettings = Pick<Settings, 'schemaChanges' | 'source' | 'tables'>;

/** A captured table that is new to the stream, and that the options leave out. */
export const leftOutTable = (table: string): ConnectorEvent => ({
  type: 'schema',
  code: 'TABLE_LEFT_OUT',
  message: `${table} is new, and left out`,
  details: { table },
});

/** Those of tables that are new to a stream which it leaves out. */
export const leftOutOfNew = (tables: readonly string[], settings: TableSettings): readonly string[] =>
  those('ignore', tables, settings);

/** Throws `SCHEMA_CHANGED` where the options say so for tables that are new to a stream. */
export const refuseNew = (tables: readonly string[], settings: TableSettings): void => {
  const [refused] = those('exception', tables, settings);
  if (refused !== undefined) throw schemaChanged(refused, ['the table is new']);
};

/** One that `tables` names itself is asked for. */
const those = (
  behavior: SchemaChangeBehavior,
  tables: readonly string[],
  { schemaChanges, source, tables: entries }: TableSettings,
): readonly string[] => {
  if (behaviorOf(schemaChanges, 'create-table') !== behavior) return [];
  const asked = new Set(entries.map(({ name }) => qualified(name, source.defaultSchema)));
  return tables.filter((table) => !asked.has(table));
};
