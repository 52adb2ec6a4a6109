import type { SchemaPlan, SinkContext } from '@millrace/core';
import { wantedTable } from '../../policies/wanted-table.ts';
import { planCheckpointTable } from '../checkpoint/checkpoint-table.ts';
import type { MysqlSinkSettings } from '../mysql-sink-options.ts';
import { readDueTables } from '../policies/due-tables.ts';
import { openSinkSession } from '../sink-session.ts';
import { mysqlNames } from './mysql-types.ts';
import { planTables } from './prepare-tables.ts';

/** Every statement that a start would run beside those for rows. What would refuse the start is not looked for. */
export const planTarget = async (settings: MysqlSinkSettings, context: SinkContext): Promise<SchemaPlan> => {
  const { connection, schema } = settings;
  const { streamId, relations, signal } = context;
  const session = await openSinkSession({ connection, streamId, signal });
  try {
    const names = mysqlNames(settings, session.server);
    const isDue = await readDueTables(session, settings, context);
    const wanted = relations.map((relation) => wantedTable(settings, names, relation, isDue));
    const checkpoint = await planCheckpointTable(session, schema, signal);
    const { statements } = await planTables(session, wanted, signal);
    return { statements: [...checkpoint, ...statements] };
  } finally {
    await session.close();
  }
};
