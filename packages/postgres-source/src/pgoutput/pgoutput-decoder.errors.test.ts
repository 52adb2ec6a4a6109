import { describe, expect, it } from 'vitest';
import { decoderOf, drain, pushFramed, users } from './decode-all.test-support.ts';
import { encode, type Table } from './message-encoder.test-support.ts';

describe('PgoutputDecoder refuses', () => {
  const open = [encode.begin(1n), encode.relation(users)];
  const cut = (message: Buffer, bytes: number) => message.subarray(0, message.length - bytes);
  const changedAt = (message: Buffer, at: number, byte: number) => {
    const copy = Buffer.from(message);
    copy[at] = byte;
    return copy;
  };
  const insert = encode.insert(users.oid, ['1', 'secret']);
  const update = encode.update(users.oid, ['1', 'secret'], { kind: 'K', row: ['1', null] });

  it.each<[string, readonly Buffer[], Buffer, { message: string; offset: number; table: string | null }]>([
    ['an empty message', [], Buffer.alloc(0), { message: 'unknown', offset: 0, table: null }],
    ['an unknown message', open, Buffer.from('S1234'), { message: 'unknown', offset: 0, table: null }],
    ['a row outside of a transaction', [encode.relation(users)], insert, { message: 'Insert', offset: 0, table: null }],
    [
      'a truncate outside of a transaction',
      [encode.relation(users)],
      encode.truncate([users.oid]),
      { message: 'Truncate', offset: 0, table: null },
    ],
    ['a commit without begin', [], encode.commit(1n, 2n), { message: 'Commit', offset: 0, table: null }],
    ['a begin inside a transaction', open, encode.begin(5n), { message: 'Begin', offset: 0, table: null }],
    ['the commit of another transaction', open, encode.commit(2n, 3n), { message: 'Commit', offset: 2, table: null }],
    ['a commit that ends at its start', open, encode.commit(1n, 1n), { message: 'Commit', offset: 10, table: null }],
    [
      'a transaction before the last one',
      [encode.begin(1n), encode.commit(1n, 9n)],
      encode.begin(8n),
      { message: 'Begin', offset: 1, table: null },
    ],
    [
      'an unknown relation',
      open,
      encode.insert(0xffff_ffff, ['1', 'secret']),
      { message: 'Insert', offset: 1, table: null },
    ],
    [
      'an unknown relation in a truncate',
      open,
      encode.truncate([users.oid, 5]),
      { message: 'Truncate', offset: 10, table: 'public.users' },
    ],
    [
      'an unknown replica identity',
      open,
      encode.relation({ ...users, identity: 'x' }),
      { message: 'Relation', offset: 0, table: null },
    ],
    [
      'an unknown tuple in an insert',
      open,
      changedAt(insert, 5, 0x4f),
      { message: 'Insert', offset: 5, table: 'public.users' },
    ],
    [
      'an unknown tuple in an update',
      open,
      changedAt(update, 5, 0x58),
      { message: 'Update', offset: 5, table: 'public.users' },
    ],
    [
      'an unknown tuple in a delete',
      open,
      encode.delete(users.oid, 'N' as 'K', ['1', 'secret']),
      { message: 'Delete', offset: 5, table: 'public.users' },
    ],
    [
      'an update without a new tuple',
      open,
      changedAt(encode.delete(users.oid, 'K', ['1', 'secret']), 0, 0x55),
      { message: 'Update', offset: 25, table: 'public.users' },
    ],
    [
      'an unknown column kind',
      open,
      changedAt(insert, 8, 0x78),
      { message: 'Insert', offset: 8, table: 'public.users' },
    ],
    ['too few columns', open, encode.insert(users.oid, ['1']), { message: 'Insert', offset: 6, table: 'public.users' }],
    [
      'too many columns',
      open,
      encode.insert(users.oid, ['1', 'a', 'b']),
      { message: 'Insert', offset: 6, table: 'public.users' },
    ],
    ['a value past the end', open, cut(insert, 1), { message: 'Insert', offset: 14, table: 'public.users' }],
    ['a huge length', open, changedAt(insert, 15, 0xff), { message: 'Insert', offset: 14, table: 'public.users' }],
    [
      'trailing bytes',
      open,
      Buffer.concat([insert, Buffer.from([0])]),
      { message: 'Insert', offset: insert.length, table: 'public.users' },
    ],
  ])('%s', (_, before, message, details) => {
    const decoder = decoderOf(before);
    const failure = expect.objectContaining({ code: 'DECODE_FAILED', recovery: 'bug', details });
    expect(() => pushFramed(decoder, message)).toThrow(failure);
    expect(() => pushFramed(decoder, message)).not.toThrow('secret');
    // Nothing is accepted any more.
    expect(() => decoder.push(encode.relation(users))).toThrow(failure);
    expect(() => decoder.keepalive(1n)).toThrow(failure);
  });

  it.each<[string, Table, Buffer]>([
    ['Insert', users, insert],
    ['Update', users, update],
    ['Delete', users, encode.delete(users.oid, 'O', ['1', 'secret'])],
  ])('%s cut short anywhere', (_, shape, message) => {
    for (let length = 0; length < message.length; length++) {
      const decoder = decoderOf([encode.begin(1n), encode.relation(shape)]);
      expect(() => decoder.push(message, 0, length)).toThrow(expect.objectContaining({ code: 'DECODE_FAILED' }));
    }
  });

  it('names kind, place and table in its message', () => {
    const decoder = decoderOf(open);
    expect(() => decoder.push(encode.insert(users.oid, ['1']))).toThrow(
      'Cannot decode a pgoutput message (Insert) at byte 6, table public.users: a tuple has 1 columns, its table 2',
    );
  });

  it('nothing of the whole transactions before', () => {
    const decoder = decoderOf([...open, insert, encode.commit(1n, 2n), encode.begin(3n), insert]);
    expect(() => decoder.push(Buffer.from('?'))).toThrow(expect.objectContaining({ code: 'DECODE_FAILED' }));
    decoder.flush();
    expect(drain(decoder).map(({ position, changes }) => [position, changes.length])).toEqual([['0/2', 1]]);
  });
});
