import type { Duplex } from 'node:stream';
import pg from 'pg';
import { ChangeCounter } from './change-counter.ts';
import type { ReadCount, ReadTask } from './read-task.ts';

/** After a read smaller than this the socket is left alone for a moment, so that the next one is larger. */
const smallRead = 64 * 1024;

const statement = ({ slot, publication }: ReadTask): string =>
  `START_REPLICATION SLOT ${slot} LOGICAL 0/0 (proto_version '1', publication_names '${publication}')`;

const queryMessage = (text: string): Buffer => {
  const body = Buffer.from(`${text}\0`);
  const header = Buffer.alloc(5);
  header.write('Q', 0, 'latin1');
  header.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([header, body]);
};

/** The socket of a replication connection that nobody reads any more. The driver is used for the password alone. */
const openSocket = async (connection: string): Promise<Duplex> => {
  const config = { connectionString: connection, replication: 'database' };
  const client = new pg.Client(config as pg.ClientConfig);
  await client.connect();
  const socket: Duplex = client.connection.stream;
  socket.removeAllListeners('data');
  return socket;
};

/** Reads the log and counts: either whatever is there, or with pauses, after which there is more to read at once. */
export const readRawSocket = async (task: ReadTask): Promise<ReadCount> => {
  const { changes: expected, pause, connection } = task;
  const socket = await openSocket(connection);
  const counter = new ChangeCounter();
  return new Promise((resolve, reject) => {
    socket.on('error', reject).on('data', (chunk: Buffer) => {
      counter.push(chunk);
      if (counter.changes >= expected) resolve({ changes: counter.changes });
      else if (pause > 0 && chunk.length < smallRead) {
        socket.pause();
        setTimeout(() => socket.resume(), pause);
      }
    });
    socket.write(queryMessage(statement(task)));
  });
};
