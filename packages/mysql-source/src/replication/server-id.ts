import { errnoOf } from '@millrace/mysql-client';
import type { ServerFacts } from '../continuity/server-facts.ts';
import type { LogSession } from '../log-session.ts';
import { dumpError } from './dump-errors.ts';
import type { ReplicaIdentity } from './replica-identity.ts';

interface Replica {
  readonly serverId: number;
  readonly host: string;
}

const notAllowed = 1227;

/** Replicas that have said who they are; none where we may not see them. */
const readReplicas = async (session: LogSession, { kind, version }: ServerFacts): Promise<readonly Replica[]> => {
  const isOld = kind === 'mariadb' || version < 80_022;
  const rows = await session
    .query<Readonly<Record<string, unknown>>>(isOld ? 'SHOW SLAVE HOSTS' : 'SHOW REPLICAS')
    .catch((error: unknown) => {
      if (errnoOf(error) === notAllowed) return [];
      throw error;
    });
  return rows.map((row) => ({ serverId: Number(row.Server_Id ?? row.Server_id), host: String(row.Host ?? '') }));
};

export const serverIdTaken = (serverId: number, who: string) =>
  dumpError('SERVER_ID_TAKEN', `The server id ${serverId} belongs to ${who}`, {
    hint: 'another `serverId`, or none: one is chosen then',
    details: { serverId },
  });

/**
 * Rejects `SERVER_ID_TAKEN` when the server itself or another of its replicas has the server id. One that has not
 * registered is not seen. What is left of an earlier connection of the same identity is no other replica.
 */
export const proveServerId = async (
  session: LogSession,
  server: ServerFacts,
  { serverId, host }: ReplicaIdentity,
): Promise<void> => {
  const replicas = await readReplicas(session, server);
  const other = replicas.find((replica) => replica.serverId === serverId && replica.host !== host);
  if (serverId !== server.serverId && other === undefined) return;
  const who = other === undefined ? 'the server itself' : `another replica, ${other.host || 'of no name'}`;
  throw serverIdTaken(serverId, who);
};
