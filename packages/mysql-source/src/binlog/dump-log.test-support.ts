import { once } from 'node:events';
import type { Socket } from 'node:net';
import { GtidSet } from '@vlasky/zongji';
import { createConnection } from 'mysql2/promise';
import { freeServerId, type MysqlEndpoint } from '../../../../test/harness/index.ts';
import { BinlogDecoder } from './binlog-decoder.ts';
import type { BinlogEvent } from './binlog-event.ts';

const untilItsEnd = 0x01;

const uint = (length: number, value: number): Buffer => {
  const bytes = Buffer.alloc(length);
  bytes.writeUIntLE(value, 0, length);
  return bytes;
};

/** What a server sends of its log, up to its end, each packet behind its first byte. `start`: of COM_BINLOG_DUMP. */
const dumpedPackets = async (
  server: MysqlEndpoint,
  command: readonly Buffer[],
  session: readonly string[],
): Promise<Buffer[]> => {
  const connection = await createConnection({ uri: server.url() });
  for (const statement of session) await connection.query(statement);
  const socket = (connection as unknown as { connection: { stream: Socket } }).connection.stream;
  socket.removeAllListeners('data');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  const payload = Buffer.concat(command);
  socket.write(Buffer.concat([uint(3, payload.length), uint(1, 0), payload]));
  const packets: Buffer[] = [];
  try {
    for (let bytes = Buffer.alloc(0); ; ) {
      await once(socket, 'data');
      bytes = Buffer.concat([bytes, ...chunks.splice(0)]);
      while (bytes.length > 3 && bytes.length >= 4 + bytes.readUIntLE(0, 3)) {
        const packet = bytes.subarray(4, 4 + bytes.readUIntLE(0, 3));
        bytes = bytes.subarray(4 + packet.length);
        if (packet[0] === 0xff) throw new Error(packet.toString('latin1', 9));
        if (packet[0] === 0xfe) return packets;
        packets.push(packet.subarray(1));
      }
    }
  } finally {
    connection.destroy();
  }
};

/** Gives each event with the place that the decoder has reached behind it. */
const decoded = (packets: readonly Buffer[]): BinlogEvent[] => {
  const decoder = new BinlogDecoder();
  return packets.flatMap((packet) => decoder.decode(packet));
};

/** A replica's session: with checksums, GTIDs of MariaDB, and everything that they stand for. */
const replica = (server: MysqlEndpoint, checksums: boolean): string[] => [
  `SET @${server.kind === 'mysql' ? 'source' : 'master'}_binlog_checksum = '${checksums ? 'CRC32' : 'NONE'}'`,
  ...(server.kind === 'mariadb' ? ['SET @mariadb_slave_capability = 4'] : []),
];

/** Events from a place of the log to its end. */
export const dumpFrom = async (
  server: MysqlEndpoint,
  file: string,
  offset: number,
  checksums = true,
): Promise<BinlogEvent[]> => {
  const command = [uint(1, 0x12), uint(4, offset), uint(2, untilItsEnd), uint(4, freeServerId()), Buffer.from(file)];
  return decoded(await dumpedPackets(server, command, replica(server, checksums)));
};

/** Events behind a set of GTIDs (MySQL) or GTID position (MariaDB). */
export const dumpBehind = async (server: MysqlEndpoint, gtids: string): Promise<BinlogEvent[]> => {
  const session = replica(server, true);
  if (server.kind === 'mariadb') {
    const command = [uint(1, 0x12), uint(4, 4), uint(2, untilItsEnd), uint(4, freeServerId())];
    return decoded(await dumpedPackets(server, command, [...session, `SET @slave_connect_state = '${gtids}'`]));
  }
  const set = (GtidSet.parse(gtids) as GtidSet & { encode(): Buffer }).encode();
  const command = [uint(1, 0x1e), uint(2, untilItsEnd), uint(4, freeServerId()), uint(4, 0), uint(6, 4), uint(2, 0)];
  return decoded(await dumpedPackets(server, [...command, uint(4, set.length), set], session));
};

/** Where the log ends now. */
export const headOfLog = async (server: MysqlEndpoint): Promise<{ file: string; offset: number }> => {
  const connection = await createConnection({ uri: server.url() });
  try {
    const [rows] = await connection.query(server.kind === 'mysql' ? 'SHOW BINARY LOG STATUS' : 'SHOW MASTER STATUS');
    const [head] = rows as unknown as readonly { readonly File: string; readonly Position: number }[];
    return { file: String(head?.File), offset: Number(head?.Position) };
  } finally {
    connection.destroy();
  }
};
