import { OnDemandSession, type SessionUse } from '@millrace/core';
import { type PostgresConnection, PostgresSession, postgresErrorOf } from '@millrace/postgres-client';

export interface ControlSessionOptions {
  readonly connection: PostgresConnection;
  readonly applicationName: string;
  /** Called when the connection breaks while nothing is asked. */
  readonly onLost?: () => void;
}

/** The plain connection beside the replication connection: for questions to the catalog. */
export class ControlSession extends OnDemandSession<PostgresSession> {
  constructor({ connection, applicationName, onLost }: ControlSessionOptions) {
    super({
      open: (signal) =>
        PostgresSession.open(connection, { applicationName, doing: 'connect to the source', signal, onLost }),
      lost: (message) => postgresErrorOf('CONNECTION_LOST', message),
    });
  }
}

/** One use of a connection of its own, for methods that may be called while the source is closed. */
export const withSession = async <T>(
  options: ControlSessionOptions,
  use: SessionUse<PostgresSession, T>,
  signal?: AbortSignal,
): Promise<T> => {
  await using control = new ControlSession(options);
  return await control.use(use, signal);
};
