import type { Connection } from 'pg';

/**
 * An error that the server sends right behind the end of the startup, read together with it, reaches the driver's
 * client before anybody had a turn to listen to it, and an `error` event without a listener ends the process. Such
 * errors are passed on one turn of the event loop later. To be called before the client is made.
 */
export const holdEarlyErrors = (connection: Connection): void => {
  const emit = connection.emit;
  connection.once('readyForQuery', () => {
    connection.emit = (event: string | symbol, ...values: unknown[]) => {
      if (event !== 'error' && event !== 'errorMessage') return emit.call(connection, event, ...values);
      setImmediate(() => emit.call(connection, event, ...values));
      return true;
    };
    setImmediate(() => {
      connection.emit = emit;
    });
  });
};
