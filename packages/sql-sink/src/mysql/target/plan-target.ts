import { qualifiedName, type Relation, type SchemaPlan, type SinkContext } from '@millrace/core';
import type { ScriptSession } from '@millrace/mysql-client';
import { wantedTable } from '../../policies/wanted-table.ts';
import { makesStructure, structuredTables } from '../../structure/structure-option.ts';
import type { StructuredTable } from '../../structure/structured-table.ts';
import { planCheckpointTable } from '../checkpoint/checkpoint-table.ts';
import type { MysqlSinkSettings } from '../mysql-sink-options.ts';
import { readDueTables } from '../policies/due-tables.ts';
import { openSinkSession } from '../sink-session.ts';
import { newStructure, readDefaultCollation, readExistingStructure } from '../structure/existing-structure.ts';
import { planStructure } from '../structure/plan-structure.ts';
import { additionsOf, noAdditions, type TableAdditions } from '../structure/table-additions.ts';
import { readMysqlNames } from './mysql-types.ts';
import { planTables } from './prepare-tables.ts';

interface Structured {
  readonly session: ScriptSession;
  readonly structured: ReadonlyMap<string, StructuredTable>;
  readonly additions: ReadonlyMap<string, TableAdditions>;
  /** The tables that exist, and will stay. */
  readonly staying: { has(name: string): boolean };
  readonly context: SinkContext;
}

/** What would be made once every table is live. */
const structureOf = async ({ session, structured, additions, staying, context }: Structured) => {
  const { relations, signal } = context;
  const all = [...structured.values()].map(({ relation }) => relation);
  const found = await readExistingStructure(
    session,
    all.filter((relation) => staying.has(qualifiedName(relation))),
    signal,
  );
  const collation = await readDefaultCollation(session, signal);
  const made = (relation: Relation) =>
    newStructure(relation, additions.get(qualifiedName(relation)) ?? noAdditions, collation);
  const existing = new Map(
    all.map((relation) => [qualifiedName(relation), found.get(qualifiedName(relation)) ?? made(relation)]),
  );
  const captured = new Set(relations.map((relation) => qualifiedName(relation)));
  return planStructure({ tables: structured, existing, captured, server: session.server });
};

/** Every statement that a start would run beside those for rows, with those that follow once tables are live. What would refuse the start is not looked for. */
export const planTarget = async (settings: MysqlSinkSettings, context: SinkContext): Promise<SchemaPlan> => {
  const { connection, schema } = settings;
  const { streamId, relations, signal } = context;
  const session = await openSinkSession({ connection, streamId, signal });
  try {
    const names = await readMysqlNames(session, settings, signal);
    const isDue = await readDueTables(session, settings, context);
    const wanted = relations.map((relation) => wantedTable(settings, names, relation, isDue));
    const checkpoint = await planCheckpointTable(session, schema, signal);
    const structured = await structuredTables(settings.structure, context, relations, names, signal);
    const additions = additionsOf(structured);
    const { statements, tables } = await planTables(session, wanted, signal, additions);
    const made = { statements: [...checkpoint, ...statements] };
    if (!makesStructure(settings.structure)) return made;
    const { tasks, warnings } = await structureOf({ session, structured, additions, staying: tables, context });
    return {
      statements: [...made.statements, ...tasks.map(({ table, kind, sql }) => ({ table, kind, sql }))],
      warnings,
    };
  } finally {
    await session.close();
  }
};
