import type { ServerVersion } from '@millrace/mysql-client';
import { GtidSet } from '@vlasky/zongji';
import { dumpError } from './dump-errors.ts';
import type { DumpStart } from './dump-start.ts';
import type { ReplicaIdentity } from './replica-identity.ts';

const registerReplica = 0x15;
const binlogDump = 0x12;
const binlogDumpGtid = 0x1e;

/** Where the events of a file begin. */
export const firstOffset = 4;
const largestOffset = 0xffff_ffff;

/** The server ends the dump at the end of its log instead of waiting for more. */
const doNotWait = 0x01;
/** MySQL from 8.0.26 on: heartbeats say a place beyond 4 GiB, too. MariaDB means something else by it. */
const longHeartbeats = 0x02;

/** As the dump command has it; zongji's types leave that out. */
const encodeSet = (set: string): Buffer => (GtidSet.parse(set) as GtidSet & { encode(): Buffer }).encode();

const text = (value: string): Buffer => {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
};
const uint16 = (value: number): Buffer => {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
};
const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
const uint64 = (value: bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
};

/** A command as the first packet of its exchange. */
const packet = (...parts: readonly Buffer[]): Buffer => {
  const payload = Buffer.concat(parts);
  const header = Buffer.alloc(4);
  header.writeUIntLE(payload.length, 0, 3);
  return Buffer.concat([header, payload]);
};

/** COM_REGISTER_SLAVE (MySQL source documentation): from here on the server lists us among its replicas. */
export const registerCommand = ({ serverId, host }: ReplicaIdentity): Buffer =>
  packet(
    Buffer.from([registerReplica]),
    uint32(serverId),
    text(host),
    text(''), // user and password are what a server says of itself to others
    text(''),
    uint16(0),
    uint32(0),
    uint32(0),
  );

const placeCommand = (file: string, offset: number, flags: number, serverId: number): Buffer =>
  packet(Buffer.from([binlogDump]), uint32(offset), uint16(flags), uint32(serverId), Buffer.from(file));

export interface DumpCommandOptions {
  readonly server: ServerVersion;
  readonly identity: ReplicaIdentity;
  readonly start: DumpStart;
  readonly endsAtHead: boolean;
}

/**
 * COM_BINLOG_DUMP or COM_BINLOG_DUMP_GTID. MariaDB has only the first, and finds a GTID position in the session. Throws
 * `START_NOT_POSSIBLE` for an offset that does not fit into the command's 32 bits.
 */
export const dumpCommand = (options: DumpCommandOptions): Buffer => {
  const { start, server, endsAtHead } = options;
  const { serverId } = options.identity;
  const flags = (endsAtHead ? doNotWait : 0) | (server.kind === 'mysql' ? longHeartbeats : 0);
  if (start.kind === 'gtid-position') return placeCommand('', firstOffset, flags, serverId);
  if (start.kind === 'place') {
    const { file, offset } = start.place;
    if (offset > largestOffset) {
      throw dumpError('START_NOT_POSSIBLE', `No server starts behind 4 GiB of a file: ${file}:${offset}`, {
        hint: 'gtid_mode=ON: a GTID set has no such limit',
        details: { file, offset },
      });
    }
    return placeCommand(file, offset, flags, serverId);
  }
  const set = encodeSet(start.set);
  return packet(
    Buffer.from([binlogDumpGtid]),
    uint16(flags),
    uint32(serverId),
    uint32(0), // no file: the server finds it
    uint64(BigInt(firstOffset)),
    uint32(set.length),
    set,
  );
};
