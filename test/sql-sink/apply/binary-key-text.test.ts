import { valuePlaces } from '@millrace/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { binaryKeyText } from '../../../packages/sql-sink/src/postgres/apply/binary-key-text.ts';
import { planOf } from '../../../packages/sql-sink/src/postgres/testing/plan-of.ts';
import { relationOf } from '../../../packages/sql-sink/src/testing/changes.ts';

const textOf = (type: string, bytes: Buffer): string | null => {
  const [column] = planOf(relationOf({ table: 't', columns: [`id ${type}!`], key: ['id'] })).columns;
  if (column === undefined) throw new Error('no column');
  // Among other bytes, as in the memory of a batch.
  const places = Object.assign(valuePlaces(), {
    bytes: Buffer.concat([Buffer.alloc(3, 1), bytes, Buffer.alloc(3, 1)]),
  });
  places.starts[0] = 3;
  places.ends[0] = 3 + bytes.length;
  return binaryKeyText(places, column);
};

const write = (length: number, fill: (bytes: Buffer) => void): Buffer => {
  const bytes = Buffer.alloc(length);
  fill(bytes);
  return bytes;
};

test('integers of every size, also those that a double cannot hold', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
      expect(
        textOf(
          'bigint',
          write(8, (bytes) => bytes.writeBigInt64BE(value)),
        ),
      ).toBe(String(value));
    }),
  );
  for (const value of [0, -1, 2 ** 31 - 1, -(2 ** 31)])
    expect(
      textOf(
        'integer',
        write(4, (bytes) => bytes.writeInt32BE(value)),
      ),
    ).toBe(String(value));
  for (const value of [0, -1, 32_767, -32_768])
    expect(
      textOf(
        'smallint',
        write(2, (bytes) => bytes.writeInt16BE(value)),
      ),
    ).toBe(String(value));
});

test('text as it is, and nothing for a type whose binary form is not its text', () => {
  expect(textOf('text', Buffer.from('žluťoučký'))).toBe('žluťoučký');
  expect(textOf('uuid', Buffer.alloc(16))).toBeNull();
});
