import { qualifiedName, type SinkContext, type ValidationReport } from '@millrace/core';
import type { PostgresSession } from '@millrace/postgres-client';
import { wantedTable } from '../../policies/wanted-table.ts';
import { makesStructure } from '../../structure/structure-option.ts';
import type { TargetNames } from '../../target/target-names.ts';
import { Checks } from '../../validation/checks.ts';
import type { Finding } from '../../validation/report.ts';
import { readDueTables } from '../policies/due-tables.ts';
import type { PostgresSinkSettings } from '../postgres-sink-options.ts';
import { defaultSinkLimits } from '../sink-limits.ts';
import { disableTriggers } from '../sink-session.ts';
import { postgresNames } from '../target/postgres-types.ts';
import { planTables } from '../target/prepare-tables.ts';
import { openExisting, requireMayCreate } from '../target/target-database.ts';
import type { WriteModes } from '../write/write-modes.ts';
import { formProblems, incompleteRows } from '../write/written-problems.ts';
import { checkpointFindings, takeoverFindings } from './checkpoint-findings.ts';
import { creationFindings } from './creation-findings.ts';
import { type ServerFacts, serverFindings, serverQuery } from './server-findings.ts';
import { accessQuery, type TableAccess, tableFindings } from './table-findings.ts';

/** Every check, in the order in which they are made: what the report names when it passed or was not made. */
const checks = {
  CONNECTION: { path: 'sink.connection', message: 'The target can be connected to' },
  SERVER: { path: 'sink.connection', message: 'The server is new enough, writable and durable' },
  CHECKPOINT_TABLE: { path: 'sink.schema', message: 'The checkpoint table can be used or created' },
  TAKEOVER: { path: 'sink.connection', message: 'A connection that wrote before can be terminated' },
  TARGET_TABLES: { path: 'tables', message: 'The target tables fit and can be written' },
  TABLE_CREATION: { path: 'tables', message: 'Missing target tables can be created' },
} as const;

const serverChecks = async (session: PostgresSession, signal: AbortSignal) => {
  const { rows } = await session.query<ServerFacts>(serverQuery, [], {
    signal,
    doing: 'read the settings of the target',
  });
  const facts = rows[0];
  return {
    version: Number(facts?.version ?? 0),
    findings: facts === undefined ? [] : serverFindings(facts),
  };
};

const tableChecks = async (
  session: PostgresSession,
  settings: PostgresSinkSettings,
  modes: WriteModes,
  names: TargetNames,
  context: SinkContext,
  serverVersion: number,
) => {
  const { signal, missingColumns = 'error' } = context;
  const written = context.relations.map((relation) => modes.relation(relation));
  const unsuitable = written.flatMap(formProblems);
  const relations = written.filter((relation) => formProblems(relation).length === 0);
  const triggersOff = await disableTriggers(session, signal);
  const isDue = await readDueTables(session, settings, context);
  const wanted = relations.map((relation) => wantedTable(settings, names, relation, isDue));
  const { problems, tables: targets } = await planTables(session, wanted, signal);
  const doing = 'read the privileges of the role';
  const oids = [...targets.values()].map(({ oid }) => oid);
  const { rows } = await session.query<TableAccess>(accessQuery, [oids], { signal, doing });
  const access = new Map(rows.map((row) => [row.oid, row]));
  const findings = wanted.flatMap(({ name, relation }): readonly Finding[] => {
    const target = targets.get(qualifiedName(relation));
    if (target === undefined) return [];
    const rights = { serverVersion, makesStructure: makesStructure(settings.structure), triggersOff };
    const found = tableFindings(relation, target, access.get(target.oid), rights, missingColumns);
    if (context.unsureTables?.has(name) !== true) return found;
    return found.filter(({ code }) => code !== 'SCHEMA_MISMATCH' && code !== 'TYPE_DIFFERS');
  });
  const incomplete = context.relations.flatMap((relation) =>
    modes.relation(relation).form === 'append' ? (incompleteRows(relation) ?? []) : [],
  );
  const made = wanted
    .filter(({ schemaPolicy }) => schemaPolicy !== 'validate-existing')
    .map(({ relation }) => relation);
  return {
    findings: [...problems.map(({ table, ...finding }) => finding), ...findings, ...unsuitable, ...incomplete],
    missing: made.filter((relation) => !targets.has(qualifiedName(relation))),
  };
};

/** Every problem of the target at once. Creates nothing. Rejects only when aborted. */
export const validateTarget = async (
  settings: PostgresSinkSettings,
  modes: WriteModes,
  context: SinkContext,
): Promise<ValidationReport> => {
  const { connection, createDatabase } = settings;
  const { streamId, signal } = context;
  const made = new Checks(checks, signal);
  const { idleTransactionTimeout } = defaultSinkLimits;
  let session: PostgresSession | null = null;
  try {
    await made.run('CONNECTION', async () => {
      const options = { connection, streamId, signal, idleTransactionTimeout };
      session = await openExisting(options, createDatabase);
      if (session === null) await requireMayCreate(options);
      return [];
    });
    if (session !== null) await serverAndBelow(session, settings, modes, context, made);
  } finally {
    await (session as PostgresSession | null)?.close();
  }
  return made.end();
};

const serverAndBelow = async (
  session: PostgresSession,
  settings: PostgresSinkSettings,
  modes: WriteModes,
  context: SinkContext,
  made: Checks<keyof typeof checks>,
): Promise<void> => {
  const { schema, name } = settings;
  const { streamId, signal } = context;
  let version = 0;
  let usable = false;
  await made.run('SERVER', async () => {
    const server = await serverChecks(session, signal);
    version = server.version;
    usable = server.findings.every(({ code }) => code !== 'SERVER_TOO_OLD');
    return server.findings;
  });
  if (!usable) return;
  await made.run('CHECKPOINT_TABLE', () => checkpointFindings(session, schema, signal));
  await made.run('TAKEOVER', () => takeoverFindings(session, schema, streamId, name, signal));
  let missing: SinkContext['relations'] = [];
  await made.run('TARGET_TABLES', async () => {
    // Where the source could not say its tables, its own report says why.
    const names = postgresNames(settings);
    const problems = context.relations.length === 0 ? [] : names.problems(context.relations);
    if (problems.some(({ code }) => code === 'NAME_TAKEN')) return problems;
    const tables = await tableChecks(session, settings, modes, names, context, version);
    missing = tables.missing;
    return [...problems, ...tables.findings];
  });
  await made.run('TABLE_CREATION', () => creationFindings(session, missing, signal));
};
