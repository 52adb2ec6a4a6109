import { OnDemandSession, type SessionUse } from '@millrace/core';
import { MysqlSession, mysqlErrorOf, type ResolvedConnection } from '@millrace/mysql-client';

export interface ControlSessionOptions {
  readonly connection: ResolvedConnection;
  readonly applicationName: string;
  /** Called when the connection breaks while nothing is asked. */
  readonly onLost?: () => void;
}

/** The plain connection beside the one that reads the log: for questions to the server. */
export class ControlSession extends OnDemandSession<MysqlSession> {
  constructor({ connection, applicationName, onLost }: ControlSessionOptions) {
    super({
      open: (signal) =>
        MysqlSession.open(connection, { applicationName, doing: 'connect to the source', signal, onLost }),
      lost: (message) => mysqlErrorOf('CONNECTION_LOST', message),
    });
  }
}

/** One use of a connection of its own, for methods that may be called while the source is closed. */
export const withSession = async <T>(
  options: ControlSessionOptions,
  use: SessionUse<MysqlSession, T>,
  signal?: AbortSignal,
): Promise<T> => {
  await using control = new ControlSession(options);
  return await control.use(use, signal);
};
