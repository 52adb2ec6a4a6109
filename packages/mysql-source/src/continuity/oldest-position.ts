import type { LogSession } from '../log-session.ts';
import { firstOffset } from '../replication/dump-commands.ts';
import { gtidsAt } from './gtids-at.ts';
import { readLogFiles } from './log-files.ts';
import { type LogPosition, oneLine } from './log-position.ts';
import type { ServerFacts } from './server-facts.ts';

/** Where the log begins that the server still has. */
export const readOldestPosition = async (session: LogSession, server: ServerFacts): Promise<LogPosition> => {
  const [oldest] = await readLogFiles(session);
  const place = { file: oldest.name, offset: firstOffset };
  if (server.kind === 'mariadb') return { gtids: await oldestGtids(session), place };
  if (!server.hasGtids) return { gtids: null, place };
  const [row] = await session.query<{ readonly purged: string }>('SELECT @@GLOBAL.gtid_purged AS purged');
  return { gtids: oneLine(row?.purged), place };
};

/** MariaDB: what lies before everything that the server still has. */
export const oldestGtids = async (session: LogSession): Promise<string> => {
  const [oldest] = await readLogFiles(session);
  return gtidsAt(session, { file: oldest.name, offset: firstOffset });
};
