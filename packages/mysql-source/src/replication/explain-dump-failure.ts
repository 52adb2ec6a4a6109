import { MillraceError } from '@millrace/core';
import { mysqlError } from '@millrace/mysql-client';
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
export const fatalReading = 1236;
/** MariaDB's `ER_SLAVE_SAME_ID`: another replica has come. */
const sameId = 4052;
/** How long the server is asked for the reason, in milliseconds. */
const patience = 10_000;

const doing = "read the server's log";

/** What the end of a dump means. Never rejects. What the server's one number for everything means it is asked itself. */
export const explainDumpFailure = async (error: unknown, context: FailureContext): Promise<unknown> => {
  if (error instanceof MillraceError) return error;
  if (!(error instanceof RefusalError)) return mysqlError(error, doing);
  const { errno, sqlstate, message } = error.refusal;
  if (errno === sameId) return serverIdTaken(context.identity.serverId, 'another replica');
  const reason = errno === fatalReading ? await askForReason(context).catch(() => null) : null;
  if (reason !== null) return reason;
  const known = mysqlError(Object.assign(new Error(message), { errno, sqlState: sqlstate }), doing);
  if (known.code !== 'STATEMENT_FAILED') return known;
  return dumpError('DUMP_REFUSED', `The server does not send its log: ${message}`, {
    details: { errno },
    cause: error,
  });
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
