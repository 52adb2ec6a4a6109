import { describe, expect, it } from 'vitest';
import {
  readBegin,
  readCommit,
  readLogicalMessage,
  readOrigin,
  readRelation,
  readTruncate,
  readType,
} from './control-messages.ts';
import { encode } from './message-encoder.test-support.ts';
import { MessageReader } from './message-reader.ts';

const reader = (message: Buffer): MessageReader => new MessageReader(message, 1);
const ofHex = (hex: string): MessageReader => reader(Buffer.from(hex.replaceAll(' ', ''), 'hex'));

describe('control messages', () => {
  it('reads Begin, with an unsigned transaction id', () => {
    expect(readBegin(reader(encode.begin(0xffff_ffff_ffff_fff0n, 1_767_000_000_123, 0xffff_fff0)))).toEqual({
      finalLsn: 0xffff_ffff_ffff_fff0n,
      commitTime: 1_767_000_000_123,
      xid: 0xffff_fff0,
    });
  });

  it('reads microseconds as whole milliseconds, before 2000 too', () => {
    expect(readBegin(ofHex('42 0000000000000001 0000000000000fff 00000001')).commitTime).toBe(946_684_800_004);
    expect(readBegin(ofHex('42 0000000000000001 ffffffffffffffff 00000001')).commitTime).toBe(946_684_799_999);
  });

  it('reads Commit', () => {
    expect(readCommit(reader(encode.commit(5n, 9n, 1_767_000_000_000)))).toEqual({
      commitLsn: 5n,
      endLsn: 9n,
      commitTime: 1_767_000_000_000,
    });
  });

  it('reads Origin', () => {
    expect(readOrigin(reader(encode.origin(7n, 'elsewhere')))).toEqual({ commitLsn: 7n, name: 'elsewhere' });
  });

  it('reads Relation, with unsigned oids and signed modifiers', () => {
    const columns = [
      { name: 'id', type: 0xffff_fff1, modifier: -1, key: true },
      { name: 'naïve', type: 25, modifier: 24, key: false },
    ];
    const shape = { oid: 0xffff_fff2, schema: 's', table: 't', identity: 'i', columns };
    expect(readRelation(reader(encode.relation(shape)))).toEqual(shape);
    expect(readRelation(reader(encode.relation({ ...shape, columns: [] }))).columns).toEqual([]);
    expect(readRelation(reader(encode.relation({ ...shape, schema: 'pg_catalog' }))).schema).toBe('pg_catalog');
  });

  it('reads Type', () => {
    expect(readType(reader(encode.type(16_500, 'public', 'mood')))).toEqual({
      oid: 16_500,
      schema: 'public',
      name: 'mood',
    });
  });

  it('reads Truncate', () => {
    expect(readTruncate(reader(encode.truncate([1, 0xffff_ffff], 3)))).toEqual({
      cascade: true,
      restartIdentity: true,
      relations: [1, 0xffff_ffff],
    });
    expect(readTruncate(reader(encode.truncate([1], 1)))).toMatchObject({ cascade: true, restartIdentity: false });
    expect(readTruncate(reader(encode.truncate([1], 2)))).toMatchObject({ cascade: false, restartIdentity: true });
  });

  it('reads Message', () => {
    expect(readLogicalMessage(reader(encode.message(true, 'prefix', 'content')))).toEqual({
      transactional: true,
      lsn: 1n,
      prefix: 'prefix',
      content: 'content',
    });
    expect(readLogicalMessage(reader(encode.message(false, '', ''))).transactional).toBe(false);
  });

  it.each([
    ['Begin', encode.begin(1n), readBegin],
    ['Commit', encode.commit(1n, 2n), readCommit],
    ['Origin', encode.origin(1n, 'name'), readOrigin],
    ['Relation', encode.relation({ oid: 1, table: 't', columns: [{ name: 'c', type: 23 }] }), readRelation],
    ['Type', encode.type(1, 's', 't'), readType],
    ['Truncate', encode.truncate([1, 2]), readTruncate],
    ['Message', encode.message(true, 'prefix', 'content'), readLogicalMessage],
  ])('rejects %s cut short anywhere, and with a byte too many', (_, message, read) => {
    for (let length = 1; length < message.length; length++)
      expect(() => read(reader(message.subarray(0, length)))).toThrow(/past its end|has no end/);
    expect(() => read(reader(Buffer.concat([message, Buffer.alloc(1)])))).toThrow('bytes follow its end');
  });
});
