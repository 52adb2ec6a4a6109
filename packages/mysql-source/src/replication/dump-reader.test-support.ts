import { type ResolvedConnection, resolveConnection } from '@millrace/mysql-client';
import type { MysqlEndpoint } from '../../../../test/harness/index.ts';
import { withSession } from '../connection/control-session.ts';
import { readHead } from '../continuity/head.ts';
import { dumpStartOf } from '../continuity/log-position.ts';
import { readServerFacts, type ServerFacts } from '../continuity/server-facts.ts';
import type { Ask, LogSession } from '../log-session.ts';
import { DumpReader, type DumpReaderOptions } from './dump-reader.ts';
import type { DumpStart } from './dump-start.ts';
import { createReplicaIdentity } from './replica-identity.ts';

export const applicationName = 'millrace test';

export const connectionTo = (url: string): ResolvedConnection => resolveConnection(url);

/** Asks over a new connection each time. */
export const askAt =
  (url: string): Ask =>
  (use, signal) =>
    withSession({ connection: connectionTo(url), applicationName }, use, signal);

export const ask = <T>(url: string, use: (session: LogSession) => Promise<T>): Promise<T> =>
  askAt(url)(use, new AbortController().signal);

export const factsOf = (server: MysqlEndpoint): Promise<ServerFacts> => ask(server.url(), readServerFacts);

/** Behind everything that is in the log now. */
export const startAtHead = (server: MysqlEndpoint): Promise<DumpStart> =>
  ask(server.url(), async (session) => {
    const facts = await readServerFacts(session);
    return dumpStartOf(facts, await readHead(session, facts));
  });

export const openReader = (
  server: MysqlEndpoint,
  options: Partial<DumpReaderOptions> & { readonly start: DumpStart },
): Promise<DumpReader> =>
  DumpReader.open({
    connection: connectionTo(server.url()),
    applicationName,
    identity: createReplicaIdentity('test'),
    ask: askAt(server.url()),
    signal: new AbortController().signal,
    ...options,
  });

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
    const threads = await session.query<{ readonly Id: string; readonly Command: string }>('SHOW PROCESSLIST');
    return threads.filter(({ Command }) => Command.startsWith('Binlog Dump')).map(({ Id }) => Number(Id));
  });
