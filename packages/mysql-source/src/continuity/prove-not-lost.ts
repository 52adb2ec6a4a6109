import type { LogSession } from '../log-session.ts';
import { firstOffset } from '../replication/dump-commands.ts';
import { sourceChanged } from '../replication/dump-errors.ts';
import type { ReadSoFar } from './continued-dump.ts';
import { gtidsAt } from './gtids-at.ts';
import { readLogFiles } from './log-files.ts';
import { purgedDomains } from './mariadb-position.ts';
import type { ServerFacts } from './server-facts.ts';

/** What was read of a server's log over the connection before. */
export interface ReadBefore extends Pick<ReadSoFar, 'place'> {
  /** `ServerFacts.identity`. */
  readonly server: string;
}

/**
 * MariaDB gives the GTIDs of transactions whose log a crash of the machine has lost (`sync_binlog` other than 1) to others,
 * and then cannot tell that it has not got those that we read. That they are lost is seen by a file that ends before the place
 * to which it was read. Rejects `SOURCE_CHANGED`.
 */
export const proveNotLost = async (
  session: LogSession,
  server: ServerFacts,
  gtids: string | null,
  before: ReadBefore | null,
): Promise<void> => {
  if (server.kind === 'mysql' || gtids === null || before?.place == null || before.server !== server.identity) return;
  const { file, offset } = before.place;
  const files = await readLogFiles(session);
  const index = files.findIndex(({ name }) => name === file);
  const next = files[index + 1];
  if (index < 0 || next === undefined || (files[index]?.size ?? 0) >= offset) return;
  const left = await gtidsAt(session, { file: next.name, offset: firstOffset });
  const domains = purgedDomains(left, gtids);
  if (domains.length === 0) return;
  throw sourceChanged(
    `The end of ${file} was lost, where transactions were read until ${offset}: the server went on behind ${left}`,
    { file, offset, left, domains, server: server.identity },
  );
};
