import { setTimeout } from 'node:timers/promises';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import type { MariadbPlace } from './mariadb-place.ts';
import type { Side } from './side.ts';

const sinceLook = 1_000;

/** The statements that make a server, whose own log is empty, a replica from this position on. Nothing is encrypted. */
export const becomeReplica = ({
  sourceUrl,
  position,
}: Pick<MariadbPlace, 'sourceUrl' | 'position'>): readonly string[] => {
  const { hostname, port, username, password } = new URL(sourceUrl);
  return [
    `SET GLOBAL gtid_slave_pos = '${position}'`,
    `CHANGE MASTER TO MASTER_HOST = '${hostname}', MASTER_PORT = ${port}, MASTER_USER = '${username}',
      MASTER_PASSWORD = '${password}', MASTER_USE_GTID = slave_pos, MASTER_SSL = 0, MASTER_SSL_VERIFY_SERVER_CERT = 0`,
  ];
};

/** Rejects when the replica has stopped at an error. */
const requireNoError = async (connection: Connection): Promise<void> => {
  const [[status]] = await connection.query<RowDataPacket[]>('SHOW SLAVE STATUS');
  const error = [status?.Last_IO_Error, status?.Last_SQL_Error].filter((text) => text).join('; ');
  if (error !== '') throw new Error(`The replica has stopped: ${error}`);
};

/** The target as MariaDB's own replica, with one worker. */
export const mariadbReplica = async (place: MariadbPlace): Promise<Side> => {
  const connection = await createConnection(place.targetUrl);
  for (const statement of becomeReplica(place)) await connection.query(statement);
  const ending = new AbortController();
  let fail: (error: unknown) => void = () => {};
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failed.catch(() => {});
  let watching = Promise.resolve();
  const watch = async (): Promise<void> => {
    for (;;) {
      await setTimeout(sinceLook, undefined, { signal: ending.signal });
      await requireNoError(connection);
    }
  };
  const stop = async (): Promise<void> => {
    if (ending.signal.aborted) return;
    ending.abort();
    await watching;
    await connection.query('STOP SLAVE');
    await connection.query('RESET SLAVE ALL');
    await connection.end();
  };
  return {
    rows: 'as-they-are',
    pid: null,
    failed,
    begin: async () => {
      await connection.query('START SLAVE');
      watching = watch().catch(fail);
    },
    end: async () => {
      await stop();
      return { counters: {}, startSeconds: null, residentBytes: null };
    },
    [Symbol.asyncDispose]: stop,
  };
};
