import { qualifiedName, type SchemaPlan, type SinkContext } from '@millrace/core';
import { wantedTable } from '../../policies/wanted-table.ts';
import { structuredTables } from '../../structure/structure-option.ts';
import { newCheckpointTable, planCheckpointTable } from '../checkpoint/checkpoint-table.ts';
import { readDueTables } from '../policies/due-tables.ts';
import type { PostgresSinkSettings } from '../postgres-sink-options.ts';
import { defaultSinkLimits } from '../sink-limits.ts';
import { readExistingStructure } from '../structure/existing-structure.ts';
import { translateTables } from '../structure/foreign-parts.ts';
import { planStructure } from '../structure/plan-structure.ts';
import type { WriteModes } from '../write/write-modes.ts';
import { creationStatements } from './create-table.ts';
import { postgresNames } from './postgres-types.ts';
import { planTables } from './prepare-tables.ts';
import { createDatabaseSql, databaseOf, openExisting } from './target-database.ts';

/**
 * Every statement that a start would run beside those for rows, with those that follow once tables are live. What would
 * refuse the start is not looked for.
 */
export const planTarget = async (
  settings: PostgresSinkSettings,
  modes: WriteModes,
  context: SinkContext,
): Promise<SchemaPlan> => {
  const { connection, schema, createDatabase } = settings;
  const { streamId, signal } = context;
  const { idleTransactionTimeout } = defaultSinkLimits;
  const options = { connection, streamId, signal, idleTransactionTimeout };
  await using session = await openExisting(options, createDatabase);
  const names = postgresNames(settings);
  const relations = context.relations.map((relation) => modes.relation(relation));
  const like = context.relations.filter((relation) => modes.relation(relation) === relation);
  const described = await structuredTables(settings.structure, context, like, names, signal);
  const { tables: structured, warnings } = translateTables(described);
  const said = warnings.length === 0 ? {} : { warnings };
  if (session === null) {
    const database = { table: databaseOf(options), kind: 'create-database', sql: createDatabaseSql(options) };
    const tables = creationStatements(
      relations.map((relation) => names.of(relation)),
      new Set(['public']),
      new Set(),
    );
    const statements = [
      database,
      ...newCheckpointTable(schema),
      ...tables,
      ...structureStatements(structured, new Map()),
    ];
    return { statements, ...said };
  }
  const isDue = await readDueTables(session, settings, context);
  const wanted = relations.map((relation) => wantedTable(settings, names, relation, isDue));
  const checkpoint = await planCheckpointTable(session, schema, signal);
  const { statements, tables } = await planTables(session, wanted, signal);
  const staying = like.map((relation) => names.of(relation)).filter((relation) => tables.has(qualifiedName(relation)));
  const existing = await readExistingStructure(session, staying, signal);
  return { statements: [...checkpoint, ...statements, ...structureStatements(structured, existing)], ...said };
};

/** What would be made once every table is live. */
const structureStatements = (...plan: Parameters<typeof planStructure>): SchemaPlan['statements'] =>
  planStructure(...plan).flatMap(({ table, statements }) => statements.map(({ kind, sql }) => ({ table, kind, sql })));
