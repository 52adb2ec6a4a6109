import { expect, it } from 'vitest';
import { EventReader } from './event-reader.ts';
import { MalformedEvent } from './malformed-event.ts';
import { readQueryEvent } from './query-event.ts';

const uint16 = (value: number): number[] => [value & 0xff, value >> 8];
const zeros = (count: number): number[] => Array.from({ length: count }, () => 0);
const text = (value: string): number[] => [value.length, ...Buffer.from(value)];

const read = (variables: readonly number[], sql: Buffer | string) => {
  const fixed = [...zeros(8), 2, 0, 0, ...uint16(variables.length)];
  const bytes = Buffer.concat([Buffer.from([...fixed, ...variables, ...Buffer.from('db'), 0]), Buffer.from(sql)]);
  return readQueryEvent(new EventReader(bytes, 0, bytes.length), false, 0);
};
const charset = (client: number): number[] => [4, ...uint16(client), ...uint16(45), ...uint16(8)];

it('reads what the session had set, whatever stands before it', () => {
  const others = [
    ...[
      [0, ...zeros(4)],
      [2, ...text('std'), 0],
      [3, ...zeros(4)],
      [5, ...text('SYSTEM')],
      [6, ...text('std')],
    ],
    ...[
      [7, 0, 0],
      [9, ...zeros(8)],
      [10, ...zeros(4)],
      [11, ...text('user'), ...text('host')],
      [12, 254],
    ],
    ...[
      [12, 2, 97, 0, 98, 99, 0],
      [13, 1, 2, 3],
      [16, 1],
      [17, ...zeros(8)],
      [19, 1],
      [20, 1],
    ],
    ...[
      [128, 1, 2, 3],
      [129, ...zeros(8)],
    ],
  ].flat();
  const ours = [1, 4, ...zeros(7), ...charset(33), 8, ...uint16(9), 18, ...uint16(255)];
  expect(read([...others, ...ours, 77, 1], 'ALTER TABLE "t"')).toStrictEqual({
    kind: 'query',
    schema: 'db',
    sql: 'ALTER TABLE "t"',
    sqlMode: 4n,
    ansiQuotes: true,
    serverCollation: 8,
    databaseCollation: 9,
    utf8mb4Collation: 255,
    explicitDefaults: true,
  });
});

it.each([
  [[16, 0], false],
  [[0, 0, 0, 0, 1], true],
  [[0, 0, 0, 0, 0], null],
])('%s says of explicit_defaults_for_timestamp: %s', (variables, explicitDefaults) => {
  expect(read(variables, '')).toMatchObject({ explicitDefaults });
});

it.each([
  [33, Buffer.from('стол'), 'стол'],
  [8, Buffer.from('caf\u00e9', 'latin1'), 'café'],
  [8, Buffer.from([0x80]), '€'],
  [51, Buffer.from([0xf1, 0xf2, 0xee, 0xeb]), 'стол'],
  [28, Buffer.from([0xd7, 0xc0]), '桌'],
  [4, Buffer.from('plain'), 'plain'],
  [63, Buffer.from('стол'), 'стол'],
])('a client of collation %i', (collation, bytes, sql) => {
  expect(read(charset(collation), bytes).sql).toBe(sql);
});

it('a statement that cannot be told is an error', () => {
  expect(() => read(charset(4), Buffer.from([0x82]))).toThrow(MalformedEvent);
});
