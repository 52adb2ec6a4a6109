import type { ConnectorEvent } from '../contracts/connector-event.ts';
import { qualifiedName, type Relation } from '../model/relation.ts';
import type { Settings } from '../options/settings.ts';
import { goneRefused, goneTable, goneTables } from '../schema/gone-table.ts';
import { renamedTables } from '../schema/renamed-tables.ts';
import type { SessionSides } from '../side/session-sides.ts';
import type { Tables } from '../snapshot/table-progress.ts';
import type { StreamProgress } from './stream-progress.ts';

/** Captured tables as a stream knows them that opens. */
export interface CapturedTables {
  readonly relations: readonly Relation[];
  /** Those of them that have another name by now, of which the log will tell. */
  readonly renamed: ReadonlySet<string>;
}

export interface CapturingStream {
  readonly settings: Settings;
  readonly sides: SessionSides;
  readonly progress: StreamProgress;
  readonly report: (event: ConnectorEvent) => void;
}

/**
 * What becomes of tables that have come, gone, or got another name since the checkpoint was saved. Rejects `SCHEMA_CHANGED`
 * where the options say so.
 */
export const capturedTables = async (
  { settings, sides, progress, report }: CapturingStream,
  described: readonly Relation[],
): Promise<CapturedTables> => {
  const { tables } = progress.checkpoint;
  const before = sides.exist ? await renamedTables(tables, described, settings) : new Map<string, string>();
  const asKnown = described.map((relation) => {
    const [schema, table] = before.get(qualifiedName(relation))?.split('.') ?? [];
    return schema === undefined || table === undefined ? relation : { ...relation, schema, table };
  });
  const relations = sides.followed(asKnown, progress.checkpoint);
  const gone = goneTables(tables, relations, settings);
  for (const table of gone) report(goneTable(table));
  const refused = goneRefused(gone, settings);
  if (refused !== null) throw refused;
  sides.name(progress, relations, await absentTables(tables, relations, settings));
  return { relations, renamed: new Set(before.values()) };
};

/** Those that are not captured because the source does not have them. */
const absentTables = async (
  tables: Tables,
  captured: readonly Relation[],
  { source }: Settings,
): Promise<ReadonlySet<string>> => {
  const names = new Set(captured.map(qualifiedName));
  const others = Object.keys(tables).filter((table) => !names.has(table));
  if (others.length === 0 || source.describeStorage === undefined) return new Set();
  const found = await source.describeStorage(others);
  return new Set(others.filter((table) => !found.has(table)));
};
