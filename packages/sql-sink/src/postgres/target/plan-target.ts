import type { SchemaPlan, SinkContext } from '@millrace/core';
import { planCheckpointTable } from '../checkpoint/checkpoint-table.ts';
import { readDueTables } from '../policies/due-tables.ts';
import { wantedTable } from '../policies/wanted-table.ts';
import type { PostgresSinkSettings } from '../postgres-sink-options.ts';
import { defaultSinkLimits } from '../sink-limits.ts';
import { openSinkSession } from '../sink-session.ts';
import { planTables } from './prepare-tables.ts';

/** Every statement that a start would run to make the target ready. What would refuse the start is not looked for. */
export const planTarget = async (settings: PostgresSinkSettings, context: SinkContext): Promise<SchemaPlan> => {
  const { connection, schema } = settings;
  const { streamId, relations, signal } = context;
  const { idleTransactionTimeout } = defaultSinkLimits;
  await using session = await openSinkSession({ connection, streamId, signal, idleTransactionTimeout });
  const isDue = await readDueTables(session, settings, context);
  const wanted = relations.map((relation) => wantedTable(settings, relation, isDue));
  const checkpoint = await planCheckpointTable(session, schema, signal);
  const { statements } = await planTables(session, wanted, signal);
  return { statements: [...checkpoint, ...statements] };
};
