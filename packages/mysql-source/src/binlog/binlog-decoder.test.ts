import { describe, expect, it } from 'vitest';
import { BinlogDecoder } from './binlog-decoder.ts';
import { decodeLog, eventBounds } from './decode-log.test-support.ts';
import { encodeEvent, encodeFormat, encodeRotate, withChecksum, xidEvent } from './event-encoder.test-support.ts';
import { eventType } from './event-type.ts';
import { goldenLogs } from './golden-logs.test-support.ts';

/** A decoder of a connection that begins at a place of a file. */
const connected = (file: string, offset: bigint, checksums: boolean = true): BinlogDecoder => {
  const decoder = new BinlogDecoder();
  decoder.decode(encodeRotate(file, offset));
  decoder.decode(encodeFormat('9.7.4', 0, checksums));
  return decoder;
};

const lengthOfXid = xidEvent(0).length;

describe('places', () => {
  it('nobody counts what the server makes up', () => {
    const decoder = connected('bin.1', 1_000n);
    expect(decoder.place).toStrictEqual({ file: 'bin.1', offset: 1_000 });
    expect(
      decoder.decode(encodeEvent({ type: eventType.mariadbGtidList, body: Buffer.alloc(4), flags: 0x20 })),
    ).toMatchObject([{ kind: 'ignored', place: null }]);
  });

  it('are counted beyond 4 GiB, where events say less', () => {
    const start = 2 ** 32 - 2 * lengthOfXid;
    const decoder = connected('bin.1', BigInt(start));
    const places = [start + lengthOfXid, 0, lengthOfXid].map(
      (logPosition) => decoder.decode(xidEvent(logPosition))[0]?.place?.offset,
    );
    expect(places).toStrictEqual([start + lengthOfXid, 2 ** 32, 2 ** 32 + lengthOfXid]);
  });

  it('are counted within transactions of MariaDB, whose events do not say where they end', () => {
    const decoder = connected('bin.1', 1_000n);
    decoder.decode(xidEvent(0));
    expect(decoder.place).toStrictEqual({ file: 'bin.1', offset: 1_000 + lengthOfXid });
  });

  it('jump over what the server leaves out', () => {
    const decoder = connected('bin.1', 2n ** 33n + 1_000n);
    decoder.decode(xidEvent(5_000));
    expect(decoder.place?.offset).toBe(2 ** 33 + 5_000);
  });

  it('never go back', () => {
    const decoder = connected('bin.1', 1_000n);
    expect(() => decoder.decode(xidEvent(900))).toThrowError(expect.objectContaining({ code: 'BINLOG_CORRUPT' }));
  });

  it('continue in the next file', () => {
    const decoder = connected('bin.1', 1_000n);
    const rotate = encodeRotate('bin.2', 4n, { logPosition: 0 });
    expect(decoder.decode(rotate)).toMatchObject([{ place: { file: 'bin.1', offset: 1_000 + rotate.length } }]);
    decoder.decode(encodeRotate('bin.2', 4n));
    const format = encodeFormat('9.7.4');
    format.writeUInt32LE(4 + format.length, 13);
    decoder.decode(withChecksum(format));
    expect(decoder.place).toStrictEqual({ file: 'bin.2', offset: 4 + format.length });
  });

  it('are those of heartbeats where these are ahead', () => {
    const decoder = connected('bin.1', 2n ** 32n + 1_000n);
    const heartbeat = (body: Buffer, logPosition: number) =>
      decoder.decode(encodeEvent({ type: eventType.heartbeat, body, logPosition }));
    const behind = Buffer.concat([Buffer.alloc(8), Buffer.from('bin.1')]);
    behind.writeBigUInt64LE(2n ** 32n, 0);
    expect(heartbeat(Buffer.from('bin.1'), 2_000)).toMatchObject([{ place: null, at: { offset: 2 ** 32 + 2_000 } }]);
    expect(heartbeat(behind, 0)).toMatchObject([{ at: { file: 'bin.1', offset: 2 ** 32 } }]);
    expect(decoder.place?.offset).toBe(2 ** 32 + 2_000);
    const v2 = Buffer.from([1, 5, ...Buffer.from('bin.1'), 2, 9, 254, 0, 0, 0, 0, 2, 0, 0, 0, 0]);
    expect(decoder.decode(encodeEvent({ type: eventType.heartbeatV2, body: v2 }))).toMatchObject([
      { kind: 'heartbeat', at: { file: 'bin.1', offset: 2 ** 33 } },
    ]);
    expect(decoder.place?.offset).toBe(2 ** 33);
  });
});

describe('checksums', () => {
  it('each bit of a log is covered', () => {
    const bounds = eventBounds(goldenLogs.mysql);
    for (const { start, end } of bounds.slice(1)) {
      const log = Buffer.from(goldenLogs.mysql);
      const at = start + 19 + ((start * 7) % (end - start - 19));
      log.writeUInt8(log.readUInt8(at) ^ 0x10, at);
      expect(() => decodeLog(log)).toThrowError(expect.objectContaining({ code: 'BINLOG_CORRUPT' }));
    }
  });

  it('a file that is being written has its first event changed', () => {
    const log = Buffer.from(goldenLogs.mysql);
    log.writeUInt8(1, 4 + 17);
    expect(() => decodeLog(log)).not.toThrow();
  });

  it('may be switched off', () => {
    const decoder = connected('bin.1', 4n, false);
    expect(decoder.decode(xidEvent(0, false))).toMatchObject([{ kind: 'xid' }]);
  });

  it('the first event of a connection has one or not', () => {
    for (const checksum of [true, false]) {
      const [event] = new BinlogDecoder().decode(encodeRotate('bin.1', 4n, { flags: 0x20, checksum }));
      expect(event).toMatchObject({ kind: 'rotate', file: 'bin.1', offset: 4 });
    }
  });
});

it('a transaction in one event without compression', () => {
  const begin = Buffer.alloc(13 + 1 + 5);
  begin.write('BEGIN', 14);
  const events = [encodeEvent({ type: eventType.query, body: begin, checksum: false }), xidEvent(0, false)];
  const head = Buffer.from([2, 3, 252, 255, 0, 1, 1, events.reduce((size, { length }) => size + length, 0), 0]);
  const payload = encodeEvent({ type: eventType.transactionPayload, body: Buffer.concat([head, ...events]) });
  const offset = 4 + payload.length;
  expect(connected('bin.1', 4n).decode(payload)).toMatchObject([
    { kind: 'query', sql: 'BEGIN', place: null },
    { kind: 'xid', place: { file: 'bin.1', offset } },
  ]);
});

describe('what cannot be read', () => {
  const thrownFor = (type: number, rest: { flags?: number; body?: Buffer } = {}) => {
    const decoder = connected('bin.1', 4n);
    try {
      return decoder.decode(encodeEvent({ type, ...rest }));
    } catch (error) {
      expect(() => decoder.decode(xidEvent(0))).toThrow(error as Error);
      return error;
    }
  };

  it.each([
    [eventType.appendBlock, 'STATEMENT_LOGGED', 'recover'],
    [eventType.beginLoadQuery, 'STATEMENT_LOGGED', 'recover'],
    [eventType.executeLoadQuery, 'STATEMENT_LOGGED', 'recover'],
    [eventType.incident, 'LOG_INCIDENT', 'recover'],
    [20, 'BINLOG_NOT_UNDERSTOOD', 'operator'],
    [200, 'BINLOG_NOT_UNDERSTOOD', 'operator'],
    [eventType.tableMap, 'BINLOG_NOT_UNDERSTOOD', 'operator'],
  ])('an event of type %i: %s', (type, code, recovery) => {
    expect(thrownFor(type)).toMatchObject({ code, recovery, details: { type, file: 'bin.1' } });
  });

  it('what may be passed over is ignored', () => {
    for (const type of [
      eventType.rand,
      eventType.intvar,
      eventType.userVar,
      eventType.rowsQuery,
      eventType.annotateRows,
    ])
      expect(thrownFor(type)).toMatchObject([{ kind: 'ignored', type }]);
    expect(thrownFor(43, { flags: 0x80 })).toMatchObject([{ kind: 'ignored', type: 43 }]);
  });

  it('a rows event that only ends a statement', () => {
    const body = Buffer.from([0xff, 0xff, 0xff, 0, 0, 0, 1, 0, 2, 0, 1, 0xff]);
    expect(thrownFor(eventType.writeRows, { body })).toMatchObject([{ kind: 'ignored' }]);
  });

  it('a compressed transaction beyond the limit takes no memory', () => {
    const decoder = new BinlogDecoder({ place: { file: 'bin.1', offset: 4 }, maxUncompressedBytes: 100 });
    const bounds = eventBounds(goldenLogs.mysql);
    expect(() => {
      for (const { start, end } of bounds) decoder.decode(goldenLogs.mysql, start, end);
    }).toThrowError(expect.objectContaining({ code: 'BINLOG_TRANSACTION_TOO_LARGE' }));
  });

  it('an event before anything says where it is', () => {
    expect(() => new BinlogDecoder().decode(xidEvent(100, false))).toThrowError(
      expect.objectContaining({ code: 'BINLOG_CORRUPT' }),
    );
  });
});
