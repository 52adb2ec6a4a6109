import { expect, test } from 'vitest';
import { decoderOf, drain, orders, plain, users } from './decode-all.test-support.ts';
import { encode, oids, type Table } from './message-encoder.test-support.ts';

const prefix = 'millrace.shop';

/** As the event trigger writes it. */
const described = (...tables: readonly Table[]) => {
  const content = tables.map(({ oid, schema = 'public', table, identity = 'd', columns }) => ({
    oid,
    schema,
    table,
    identity,
    heap: '1',
    columns: columns.map(({ name, type, modifier = -1, key = false }, index) => ({
      ...{ name, type, modifier, key, primary: index === 0, typeSchema: 'pg_catalog', typeName: 'x' },
      ...{ id: String(index + 1), revision: '5', fill: null, nullable: true, default: null },
    })),
  }));
  return encode.message(true, prefix, JSON.stringify(content));
};

const renamed: Table = {
  ...users,
  columns: [
    { name: 'id', type: oids.int4, key: true },
    { name: 'title', type: oids.text },
  ],
};

const batchesOf = (messages: readonly Buffer[], limits = { maxChanges: 100, maxBytes: 1e6 }) => {
  const decoder = decoderOf(messages, { limits, ddl: { prefix, tables: new Set([users.oid]) } });
  decoder.flush();
  return drain(decoder).map((batch) => ({
    changed: batch.schemaChanges.map(({ relation, storage }) => [
      relation.columns.map(({ name }) => name).join(),
      Object.keys(storage?.columns ?? {}).join(),
    ]),
    rows: plain(batch).map(({ op, sequence, after }) => [op, sequence, Object.keys(after ?? {}).join()]),
    position: batch.position,
  }));
};

test('a statement is in force before the rows behind it, and the log describes the table again without a new batch', () => {
  const messages = [
    encode.begin(0x10n),
    encode.relation(users),
    encode.insert(users.oid, ['1', 'a']),
    described(renamed),
    encode.relation(renamed),
    encode.insert(users.oid, ['2', 'b']),
    encode.commit(0x10n, 0x1an),
    encode.begin(0x20n),
    encode.insert(users.oid, ['3', 'c']),
    encode.commit(0x20n, 0x2an),
  ];
  expect(batchesOf(messages)).toEqual([
    { changed: [], rows: [['insert', 0, 'id,name']], position: null },
    { changed: [['id,title', 'id,title']], rows: [['insert', 2, 'id,title']], position: '0/1A' },
    { changed: [], rows: [['insert', 0, 'id,title']], position: '0/2A' },
  ]);
});

test('statements with no row between them come together, after the whole transactions before them', () => {
  const messages = [
    encode.begin(0x10n),
    encode.relation(users),
    encode.insert(users.oid, ['1', 'a']),
    encode.commit(0x10n, 0x1an),
    encode.begin(0x20n),
    described(renamed),
    described(users),
    encode.commit(0x20n, 0x2an),
    encode.begin(0x30n),
    encode.commit(0x30n, 0x3an),
  ];
  expect(batchesOf(messages)).toEqual([
    { changed: [], rows: [['insert', 0, 'id,name']], position: '0/1A' },
    {
      changed: [
        ['id,title', 'id,title'],
        ['id,name', 'id,name'],
      ],
      rows: [],
      position: '0/3A',
    },
  ]);
});

test('a statement with no row behind it is no heartbeat, which a later one would replace', () => {
  const decoder = decoderOf([encode.begin(0x10n), described(renamed), encode.commit(0x10n, 0x1an)], {
    ddl: { prefix, tables: new Set([users.oid]) },
  });
  decoder.flush();
  for (const message of [encode.begin(0x20n), encode.commit(0x20n, 0x2an)]) decoder.push(message);
  decoder.flush();
  expect(drain(decoder).map(({ schemaChanges, position }) => [schemaChanges.length, position])).toEqual([
    [1, '0/1A'],
    [0, '0/2A'],
  ]);
});

test.each([
  ['of a table that is not captured', described(orders)],
  ['under another name', encode.message(true, 'millrace.other', '[]')],
  ['outside of transactions', encode.message(false, prefix, '[{"oid": 16400}]')],
  ['that are no descriptions', encode.message(true, prefix, '[{"oid": 16400}]')],
  ['that are no JSON', encode.message(true, prefix, '{"a')],
])('messages %s are passed over', (_, message) => {
  expect(batchesOf([encode.begin(0x10n), message, encode.commit(0x10n, 0x1an)])).toEqual([
    { changed: [], rows: [], position: '0/1A' },
  ]);
});

test('a table that is dropped comes in its place, also where nobody has described it', () => {
  const dropped = [{ oid: 4711, schema: 'public', table: 'gone', dropped: true }];
  const messages = [
    encode.begin(0x10n),
    encode.relation(users),
    encode.insert(users.oid, ['1', 'a']),
    encode.message(true, prefix, JSON.stringify(dropped)),
    encode.message(true, prefix, '[]'),
    encode.insert(users.oid, ['2', 'b']),
    encode.commit(0x10n, 0x1an),
  ];
  const decoder = decoderOf(messages, {
    limits: { maxChanges: 100, maxBytes: 1e6 },
    ddl: { prefix, tables: new Set() },
  });
  decoder.flush();
  const [before, behind] = drain(decoder);
  expect([before?.changes.length, before?.schemaChanges]).toEqual([1, []]);
  expect(behind?.schemaChanges).toMatchObject([
    { relation: { schema: 'public', table: 'gone' }, table: 'drop-table', storage: { id: '4711' } },
  ]);
  expect(plain(behind as NonNullable<typeof behind>).map(({ op, sequence }) => [op, sequence])).toEqual([
    ['insert', 2],
  ]);
});
