import { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';
import type { Connection } from 'pg';
import { ServerMessages } from './server-messages.ts';

/** The driver's connection with the method that begins to listen to the server, which its types leave out. */
export interface ListeningConnection extends Connection {
  attachListeners(stream: Duplex | EventEmitter): void;
}

export interface Diversion {
  readonly copyData: (bytes: Buffer, start: number, end: number) => void;
  /** Called when what came was no message; nothing is listened to any more. */
  readonly failed: (error: unknown) => void;
}

/**
 * Takes CopyData from a connection of the driver before the driver sees it, which would make an object and an event of
 * each. All other messages reach the driver as they are. To be called before the connection is made, so that it is
 * known where messages begin; whether that is in TLS is the driver's business.
 */
export const divertCopyData = (connection: ListeningConnection, { copyData, failed }: Diversion): void => {
  const attach = connection.attachListeners;
  connection.attachListeners = (stream) => {
    const toDriver = new EventEmitter();
    attach.call(connection, toDriver);
    const messages = new ServerMessages({ copyData, other: (message) => toDriver.emit('data', message) });
    const listen = (chunk: Buffer) => {
      try {
        messages.push(chunk);
      } catch (error) {
        stream.off('data', listen);
        failed(error);
      }
    };
    stream.on('data', listen);
    stream.on('end', () => toDriver.emit('end'));
  };
};
