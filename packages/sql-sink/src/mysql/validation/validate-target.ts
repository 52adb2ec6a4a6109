import { qualifiedName, type Relation, type SinkContext, type ValidationReport } from '@millrace/core';
import type { ScriptSession } from '@millrace/mysql-client';
import { wantedTable } from '../../policies/wanted-table.ts';
import { Checks } from '../../validation/checks.ts';
import type { Finding } from '../../validation/report.ts';
import type { MysqlSinkSettings } from '../mysql-sink-options.ts';
import { readDueTables } from '../policies/due-tables.ts';
import { type Privileges, readPrivileges } from '../privileges.ts';
import { openSinkSession } from '../sink-session.ts';
import { readMysqlNames } from '../target/mysql-types.ts';
import { planTables } from '../target/prepare-tables.ts';
import { checkpointFindings, takeoverFindings } from './checkpoint-findings.ts';
import { creationFindings, structureFindings } from './creation-findings.ts';
import { readServerSettings, serverFindings } from './server-findings.ts';
import { tableFindings } from './table-findings.ts';

/** Every check, in the order in which they are made: what the report names when it passed or was not made. */
const checks = {
  CONNECTION: { path: 'sink.connection', message: 'The target can be connected to' },
  SERVER: { path: 'sink.connection', message: 'The server is new enough, writable and durable' },
  CHECKPOINT_TABLE: { path: 'sink.schema', message: 'The checkpoint table can be used or created' },
  TAKEOVER: { path: 'sink.connection', message: 'A connection that wrote before can be terminated' },
  TARGET_TABLES: { path: 'tables', message: 'The target tables fit and can be written' },
  TABLE_CREATION: { path: 'tables', message: 'Missing target tables can be created' },
} as const;

interface TableChecks {
  readonly findings: readonly Finding[];
  /** The tables as they are at the target, and those that a start would make. */
  readonly all: readonly Relation[];
  readonly made: readonly Relation[];
}

const tableChecks = async (
  session: ScriptSession,
  settings: MysqlSinkSettings,
  privileges: Privileges,
  context: SinkContext,
): Promise<TableChecks> => {
  const { relations, signal, missingColumns = 'error', unsureTables } = context;
  const names = await readMysqlNames(session, settings, signal);
  // Where the source could not say its tables, its own report says why.
  const named = relations.length === 0 ? [] : names.problems(relations);
  if (named.some(({ code }) => code === 'NAME_TAKEN')) return { findings: named, all: [], made: [] };
  const isDue = await readDueTables(session, settings, context);
  const wanted = relations.map((relation) => wantedTable(settings, names, relation, isDue));
  const { problems, tables } = await planTables(session, wanted, signal);
  const findings = wanted.flatMap((table): readonly Finding[] => {
    const target = tables.get(qualifiedName(table.relation));
    if (target === undefined) return [];
    const found = tableFindings(table, target, privileges, missingColumns, session.server);
    if (unsureTables?.has(table.name) !== true) return found;
    return found.filter(({ code }) => code !== 'SCHEMA_MISMATCH' && code !== 'TYPE_DIFFERS');
  });
  return {
    findings: [...named, ...problems.map(({ table, ...finding }) => finding), ...findings],
    all: wanted.map(({ relation }) => relation),
    made: wanted
      .filter(
        ({ schemaPolicy, relation }) => schemaPolicy !== 'validate-existing' && !tables.has(qualifiedName(relation)),
      )
      .map(({ relation }) => relation),
  };
};

/** Every problem of the target at once. Creates nothing. Rejects only when aborted. */
export const validateTarget = async (settings: MysqlSinkSettings, context: SinkContext): Promise<ValidationReport> => {
  const { connection } = settings;
  const { streamId, signal } = context;
  const made = new Checks(checks, signal);
  let session: ScriptSession | null = null;
  try {
    await made.run('CONNECTION', async () => {
      session = await openSinkSession({ connection, streamId, signal });
      return [];
    });
    if (session !== null) await serverAndBelow(session, settings, context, made);
  } finally {
    await (session as ScriptSession | null)?.close();
  }
  return made.end();
};

const serverAndBelow = async (
  session: ScriptSession,
  settings: MysqlSinkSettings,
  context: SinkContext,
  made: Checks<keyof typeof checks>,
): Promise<void> => {
  const { schema, name: sink } = settings;
  const { streamId: stream, signal } = context;
  let privileges: Privileges | null = null;
  await made.run('SERVER', async () => {
    const findings = serverFindings(session.server, await readServerSettings(session, signal));
    if (findings.every(({ code }) => code !== 'SERVER_TOO_OLD')) privileges = await readPrivileges(session, signal);
    return findings;
  });
  if (privileges === null) return;
  const own: Privileges = privileges;
  await made.run('CHECKPOINT_TABLE', () => checkpointFindings(session, schema, own, signal));
  await made.run('TAKEOVER', () => takeoverFindings(session, { schema, stream, sink }, own, signal));
  let tables: TableChecks = { findings: [], all: [], made: [] };
  await made.run('TARGET_TABLES', async () => {
    tables = await tableChecks(session, settings, own, context);
    return tables.findings;
  });
  await made.run('TABLE_CREATION', async () => [
    ...creationFindings(tables.made, own, session.server),
    ...structureFindings(tables.all, settings.structure, own),
  ]);
};
