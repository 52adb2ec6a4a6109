import type { Socket } from 'node:net';
import type { Connection } from 'mysql2';

/** The driver's connection with the one thing that its types leave out: its socket, or what encrypts over it. */
type ConnectionWithStream = Connection & { readonly stream: Socket };

/**
 * Takes the socket from a connection on which nothing is asked: from here on the driver sees nothing of what comes. It
 * knows commands that are answered once; a dump is one without an end, and a packet object, an event emitter's round
 * and a copy while it is paused for each of its events are most of what reading them costs.
 */
export const takeSocket = (connection: Connection): Socket => {
  const { stream } = connection as ConnectionWithStream;
  stream.removeAllListeners('data');
  return stream;
};
