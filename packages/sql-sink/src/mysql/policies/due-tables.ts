import type { SinkContext } from '@millrace/core';
import type { ScriptSession } from '@millrace/mysql-client';
import { dueTables } from '../../policies/due-tables.ts';
import { readPreparedTables } from '../checkpoint/prepared-tables.ts';
import { readStoredCheckpoint } from '../checkpoint/stored-checkpoint.ts';

/** For which tables, by `schema.table` of the source, the next start will do what is done once in each snapshot. */
export const readDueTables = async (
  session: ScriptSession,
  { schema, name: sink }: { readonly schema: string; readonly name: string },
  { streamId, copies = false, signal }: Pick<SinkContext, 'streamId' | 'copies' | 'signal'>,
): Promise<(name: string) => boolean> => {
  const checkpoint = await readStoredCheckpoint(session, { schema, streamId, sink }, signal);
  if (checkpoint === null) return () => copies;
  const prepared = await readPreparedTables(session, { schema, stream: streamId, sink }, signal);
  return dueTables(checkpoint, prepared, copies);
};
