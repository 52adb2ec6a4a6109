import type { ScriptSession } from '@millrace/mysql-client';
import type { BulkContext } from './apply/bulk-context.ts';

/** What the server of a connection takes. */
export type ServerLimits = Pick<BulkContext, 'statementBytes' | 'loadedRows'>;

/** `loadedRows`: from so many rows on data would be loaded. */
export const readServerLimits = async (
  session: ScriptSession,
  loadedRows: number,
  signal: AbortSignal,
): Promise<ServerLimits> => {
  const [found] = await session.query<{ bytes: string; local: string }>(
    'SELECT @@max_allowed_packet AS bytes, @@GLOBAL.local_infile AS local',
    [],
    { signal, doing: 'read the limits of the target' },
  );
  return { statementBytes: Number(found?.bytes ?? 0), loadedRows: found?.local === '1' ? loadedRows : null };
};
