import { MillraceError } from '@millrace/core';
import { proveReach } from '../continuity/prove-reach.ts';
import { readServerFacts } from '../continuity/server-facts.ts';
import type { Ask, LogSession } from '../log-session.ts';
import { RefusalError } from './dump-connection.ts';
import { dumpError } from './dump-errors.ts';
import type { DumpStart } from './dump-start.ts';
import type { ReplicaIdentity } from './replica-identity.ts';
import { proveServerId, serverIdTaken } from './server-id.ts';

export interface FailureContext {
  readonly ask: Ask;
  readonly identity: ReplicaIdentity;
  /** `null`: the server had found it, so that it is not the reason. */
  readonly start: DumpStart | null;
}

/** `ER_SOURCE_FATAL_ERROR_READING_BINLOG`: whatever is wrong with the log or the replica. */
const fatalReading = 1236;
/** MariaDB's `ER_SLAVE_SAME_ID`: another replica has come. */
const sameId = 4052;
const denied: ReadonlySet<number> = new Set([1044, 1045, 1142, 1227, 1370]);
/** Of servers that shut down, and of connections that were killed or timed out. */
const ending: ReadonlySet<number> = new Set([1053, 1159, 1160, 1161, 1317, 1927, 4031]);

/** How long the server is asked for the reason, in milliseconds. */
const patience = 10_000;

/** What the end of a dump means. Never rejects. What the server's one number for everything means it is asked itself. */
export const explainDumpFailure = async (error: unknown, context: FailureContext): Promise<unknown> => {
  if (error instanceof MillraceError) return error;
  if (!(error instanceof RefusalError)) {
    const message = error instanceof Error ? error.message : String(error);
    return dumpError('DUMP_ENDED', `The connection to the server's log broke: ${message}`, { cause: error });
  }
  const { errno, message } = error.refusal;
  const rest = { details: { errno }, cause: error };
  if (denied.has(errno)) {
    return dumpError('DUMP_NOT_ALLOWED', `The server does not send its log to this user: ${message}`, {
      ...rest,
      hint: 'GRANT REPLICATION SLAVE ON *.* TO the user of the connection',
    });
  }
  if (ending.has(errno)) return dumpError('DUMP_ENDED', `The server ended the connection: ${message}`, rest);
  if (errno === sameId) return serverIdTaken(context.identity.serverId, 'another replica');
  const reason = errno === fatalReading ? await askForReason(context).catch(() => null) : null;
  return reason ?? dumpError('DUMP_REFUSED', `The server does not send its log: ${message}`, rest);
};

const askForReason = ({ ask, identity, start }: FailureContext): Promise<MillraceError | null> =>
  ask(async (session: LogSession) => {
    try {
      const server = await readServerFacts(session);
      await proveServerId(session, server, identity);
      if (start !== null) await proveReach(session, { server, start, catchUp: 0 });
    } catch (error) {
      if (error instanceof MillraceError) return error;
      throw error;
    }
    return null;
  }, AbortSignal.timeout(patience));
