import type { ValidationItem } from '@millrace/core';
import type { ReplicationFacts } from './replication-facts.ts';
import { failed, passed, warned } from './report.ts';
import type { ServerSettings } from './server-settings.ts';

const path = 'source.connection';

const needed = ({ kind }: ServerSettings, { mayReplicate, filters }: ReplicationFacts): readonly string[] => [
  ...(mayReplicate ? [] : ['REPLICATION SLAVE']),
  ...(filters === null ? [kind === 'mysql' ? 'REPLICATION CLIENT' : 'BINLOG MONITOR'] : []),
];

/** In MySQL the two that are needed allow these, too. */
const useful = ({ kind }: ServerSettings, { isReplica, replicaIds }: ReplicationFacts): readonly string[] =>
  kind === 'mysql'
    ? []
    : [...(isReplica === null ? ['SLAVE MONITOR'] : []), ...(replicaIds === null ? ['REPLICATION MASTER ADMIN'] : [])];

/**
 * At the end of the log, MySQL without GTIDs says by a new file what is visible; MariaDB mostly by a snapshot, and otherwise it
 * holds commits back.
 */
const reload = ({ kind, gtidMode }: ServerSettings, { mayReload, user }: ReplicationFacts): ValidationItem => {
  const code = 'RELOAD_PRIVILEGE';
  if (mayReload || gtidMode === 'ON') return passed(code, path, `${user} may begin at the end of the log`);
  const fix = `GRANT RELOAD ON *.* TO ${user};`;
  return kind === 'mysql'
    ? failed(code, {
        path,
        message: `${user} lacks the privilege RELOAD, which a start at the end of the log needs`,
        fix,
      })
    : warned(code, {
        path,
        message: `${user} lacks the privilege RELOAD: a start at the end of the log may fail`,
        fix,
      });
};

/** What our user may do with the server as a whole. `beginsAtEnd`: reading is going to begin at the end of the log. */
export const validateUser = (
  facts: ServerSettings,
  replication: ReplicationFacts,
  beginsAtEnd: boolean,
): readonly ValidationItem[] => {
  const { user } = replication;
  const grant = (privilege: string): string => `GRANT ${privilege} ON *.* TO ${user};`;
  const missing = needed(facts, replication).map((privilege) =>
    failed('MISSING_PRIVILEGE', {
      path,
      message: `${user} lacks the privilege ${privilege}, which reading the log needs`,
      fix: grant(privilege),
    }),
  );
  const unseen = useful(facts, replication);
  const message = `${user} cannot see whether the server is a replica, or which server ids its replicas have`;
  return [
    ...(missing.length > 0 ? missing : [passed('MISSING_PRIVILEGE', path, `${user} may read the log`)]),
    ...(unseen.length === 0 ? [] : [warned('MONITORING_PRIVILEGE', { path, message, fix: grant(unseen.join(', ')) })]),
    ...(beginsAtEnd ? [reload(facts, replication)] : []),
  ];
};

/** The server id that was asked for; without one, one is chosen that nobody has. */
export const validateServerId = (
  facts: ServerSettings,
  { replicaIds }: ReplicationFacts,
  serverId: number | undefined,
): ValidationItem => {
  const code = 'SERVER_ID_TAKEN';
  const where = 'source.serverId';
  const isOwn = serverId === facts.serverId;
  if (serverId === undefined || !(isOwn || replicaIds?.includes(serverId) === true)) {
    return passed(code, where, 'No other server is known to have the server id of the stream');
  }
  const message = `${isOwn ? 'The server itself' : 'Another replica of the server'} has the server id ${serverId}: the two would end each other's connections`;
  return failed(code, { path: where, message, fix: 'another serverId, or none: then one is chosen' });
};
