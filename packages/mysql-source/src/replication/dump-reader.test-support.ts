import { type Connection, type ConnectionOptions, createConnection } from 'mysql2/promise';
import type { MysqlEndpoint } from '../../../../test/harness/index.ts';
import { readServerFacts, type ServerFacts } from '../continuity/server-facts.ts';
import type { Ask, LogSession } from '../log-session.ts';
import { DumpReader, type DumpReaderOptions } from './dump-reader.ts';
import type { DumpStart } from './dump-start.ts';
import { createReplicaIdentity } from './replica-identity.ts';

export const connectionTo = (url: string): ConnectionOptions => ({ uri: url });

export const sessionOf = (connection: Connection): LogSession => ({
  query: async <Row>(sql: string, values: readonly unknown[] = []) => {
    const [rows] = await connection.query(sql, [...values]);
    return rows as unknown as readonly Row[];
  },
});

/** Asks over a new connection each time. */
export const askAt =
  (url: string): Ask =>
  async (use, signal) => {
    signal.throwIfAborted();
    const connection = await createConnection(connectionTo(url));
    connection.on('error', () => {});
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
    aborted.catch(() => {});
    try {
      return await Promise.race([use(sessionOf(connection)), aborted]);
    } finally {
      connection.destroy();
    }
  };

export const ask = <T>(url: string, use: (session: LogSession) => Promise<T>): Promise<T> =>
  askAt(url)(use, new AbortController().signal);

/** Behind everything that is in the log now. */
export const startAtHead = (server: MysqlEndpoint): Promise<DumpStart> =>
  ask(server.url(), async (session) => {
    const { kind } = await readServerFacts(session);
    const variable = kind === 'mysql' ? 'gtid_executed' : 'gtid_binlog_pos';
    const [row] = await session.query<{ readonly value: string }>(`SELECT @@GLOBAL.${variable} AS value`);
    const value = (row?.value ?? '').replaceAll('\n', '');
    return kind === 'mysql' ? { kind: 'gtid-set', set: value } : { kind: 'gtid-position', position: value };
  });

export const openReader = (
  server: MysqlEndpoint,
  options: Partial<DumpReaderOptions> & { readonly start: DumpStart },
): Promise<DumpReader> =>
  DumpReader.open({
    connection: connectionTo(server.url()),
    identity: createReplicaIdentity('test'),
    ask: askAt(server.url()),
    signal: new AbortController().signal,
    ...options,
  });

export const factsOf = (server: MysqlEndpoint): Promise<ServerFacts> => ask(server.url(), readServerFacts);

export const isHeartbeat = (event: Buffer): boolean => event[4] === 27 || event[4] === 41;

/** Takes events until one of them holds this text, that one included. */
export const eventsUntil = async (reader: DumpReader, text: string): Promise<Buffer[]> => {
  const events: Buffer[] = [];
  for (;;) {
    const more = await reader.next();
    if (more === null) throw new Error(`The log ended before ${text}`);
    events.push(...more);
    if (more.some((event) => event.includes(text))) return events;
  }
};

/** The server's threads that send its log to somebody, by their numbers. */
export const dumpThreads = (url: string): Promise<readonly number[]> =>
  ask(url, async (session) => {
    const threads = await session.query<{ readonly Id: number; readonly Command: string }>('SHOW PROCESSLIST');
    return threads.filter(({ Command }) => Command.startsWith('Binlog Dump')).map(({ Id }) => Number(Id));
  });
