import { expectTypeOf, test } from 'vitest';
import type { CheckpointStore } from '../contracts/checkpoint-store.ts';
import type { Sink } from '../contracts/sink.ts';
import type { Source } from '../contracts/source.ts';
import { createStream } from './create-stream.ts';
import type { Stream } from './stream.ts';

interface Shop {
  'public.users': { id: number; email: string };
  'public.orders': { id: bigint; total: string };
  'audit.log': { id: number };
}
/** As kysely has it: unqualified names, columns with a type per purpose. */
interface Database {
  users: {
    id: { readonly __select__: number; readonly __insert__: number | undefined; readonly __update__: number };
    email: string;
  };
}
declare const source: Source<Shop>;
declare const untyped: Source;
declare const kysely: Source<Database>;
declare const sink: Sink;
declare const checkpoints: CheckpointStore;
const id = 'shop';

test('table names are checked against the schema of the source', () => {
  createStream({ id, source, sink });
  createStream({
    id,
    source,
    sink,
    tables: ['public.users', { name: 'public.orders', operations: ['insert'] }, 'audit.*'],
  });
  // @ts-expect-error a misspelt table
  createStream({ id, source, sink, tables: ['public.user'] });
  // @ts-expect-error a misspelt table in an object
  createStream({ id, source, sink, tables: [{ name: 'public.user' }] });
  // @ts-expect-error a pattern for a schema that does not exist
  createStream({ id, source, sink, tables: ['private.*'] });
  // @ts-expect-error an operation that does not exist
  createStream({ id, source, sink, tables: [{ name: 'public.users', operations: ['upsert'] }] });
  createStream({ id, source: untyped, sink, tables: ['whatever.there_is', 'public.*'] });
});

test('columns are checked against the schema, and handlers see those that are delivered', () => {
  createStream({
    id,
    source,
    checkpoints,
    tables: [
      { name: 'public.users', exclude: ['email'], mask: { id: { hash: 'sha256', salt: 'x' } } },
      { name: 'public.orders', columns: ['id'] },
      'audit.log',
    ],
    on: {
      'public.users'(changes) {
        for (const change of changes)
          if (change.op === 'insert') expectTypeOf(change.after).toEqualTypeOf<{ id: string }>();
      },
      'public.orders'(changes) {
        for (const change of changes)
          if (change.op === 'insert') expectTypeOf(change.after).toEqualTypeOf<{ id: bigint }>();
      },
      'audit.log'(changes) {
        for (const change of changes)
          if (change.op === 'insert') expectTypeOf(change.after).toEqualTypeOf<{ id: number }>();
      },
    },
  });
  createStream({
    id,
    source,
    sink,
    tables: [{ name: 'public.*', exclude: ['total', 'email'] }, 'public.orders'],
    transform: (change) => {
      if (change.table === 'public.orders' && change.op === 'insert')
        expectTypeOf(change.after).toEqualTypeOf<{ id: bigint; total: string }>();
      if (change.table === 'public.users' && change.op === 'insert')
        expectTypeOf(change.after).toEqualTypeOf<{ id: number }>();
      return change;
    },
  });
  createStream({ id, source: untyped, sink, tables: [{ name: 'a.b', exclude: ['c'], mask: { d: { truncate: 3 } } }] });
  createStream({ id, source, sink, tables: [{ name: 'public.orders', where: 'total > 10', operations: ['insert'] }] });
  createStream({ id, source, sink, tables: [{ name: 'public.users', key: ['email'] }] });
  // @ts-expect-error a key of a column that there is not
  createStream({ id, source, sink, tables: [{ name: 'public.users', key: ['mail'] }] });
  // @ts-expect-error a condition that is no SQL
  createStream({ id, source, sink, tables: [{ name: 'public.orders', where: { total: 10 } }] });
  // @ts-expect-error a misspelt column
  createStream({ id, source, sink, tables: [{ name: 'public.users', exclude: ['mail'] }] });
  // @ts-expect-error a column of another table
  createStream({ id, source, sink, tables: [{ name: 'public.users', columns: ['total'] }] });
  // @ts-expect-error a column that no table of the pattern has
  createStream({ id, source, sink, tables: [{ name: 'audit.*', mask: { email: 'redact' } }] });
  // @ts-expect-error a mask that there is not
  createStream({ id, source, sink, tables: [{ name: 'public.users', mask: { email: 'hide' } }] });
});

test('a table that is made from a query is one of the schema, of which only the key is said', () => {
  const query = 'SELECT user_id AS id, sum(total)::text AS total FROM public.orders GROUP BY 1';
  createStream({
    id,
    source,
    checkpoints,
    tables: ['public.users', { name: 'public.orders', query, key: ['id'] }],
    on: {
      'public.orders'(changes) {
        for (const change of changes)
          if (change.op === 'read') expectTypeOf(change.after).toEqualTypeOf<{ id: bigint; total: string }>();
      },
    },
  });
  createStream({ id, source: untyped, sink, tables: [{ name: 'reports.totals', query, key: ['day', 'user_id'] }] });
  createStream({ id, source: kysely, sink, tables: [{ name: 'users', query }] });
  // @ts-expect-error rows of which the schema says nothing
  createStream({ id, source, sink, tables: [{ name: 'public.totals', query }] });
  // @ts-expect-error a key of a column that there is not
  createStream({ id, source, sink, tables: [{ name: 'public.orders', query, key: ['day'] }] });
  // @ts-expect-error many tables
  createStream({ id, source, sink, tables: [{ name: 'public.*', query }] });
  // @ts-expect-error what the query can say itself
  createStream({ id, source, sink, tables: [{ name: 'public.orders', query, exclude: ['total'] }] });
});

test('handlers are typed by their table, and only captured tables have one', () => {
  createStream({
    id,
    source,
    checkpoints,
    on: {
      'public.users'(changes) {
        for (const change of changes) {
          expectTypeOf(change.table).toEqualTypeOf<'public.users'>();
          if (change.op === 'insert') expectTypeOf(change.after).toEqualTypeOf<{ id: number; email: string }>();
        }
      },
    },
  });
  // @ts-expect-error a handler for a table that is not captured
  createStream({ id, source, checkpoints, tables: ['public.users'], on: { 'public.orders'() {} } });
  createStream({ id, source, checkpoints, tables: ['public.*'], on: { 'public.orders'() {} } });
  // @ts-expect-error a misspelt handler
  createStream({ id, source, checkpoints, on: { 'public.userz'() {} } });
});

test('an update that is not complete has a partial after', () => {
  createStream({
    id,
    source,
    checkpoints,
    on: {
      'public.users'(changes) {
        for (const change of changes) {
          if (change.op !== 'update') continue;
          if (change.complete) expectTypeOf(change.after.email).toEqualTypeOf<string>();
          else {
            expectTypeOf(change.after.email).toEqualTypeOf<string | undefined>();
            // @ts-expect-error it may not be there
            change.after.email.length;
          }
        }
      },
    },
  });
});

test('changes() is typed by what is captured', async () => {
  const stream = createStream({ id, source, checkpoints, tables: ['public.orders'] });
  for await (const batch of stream.changes()) {
    for (const change of batch.changes) {
      expectTypeOf(change.table).toEqualTypeOf<'public.orders'>();
      if (change.op === 'insert') expectTypeOf(change.after.id).toEqualTypeOf<bigint>();
    }
  }
});

test('a backfill is of a table that is captured', () => {
  const stream = createStream({ id, source, checkpoints, tables: ['public.orders'] });
  stream.backfill('public.orders', { where: 'id > 10' });
  stream.stopBackfill('public.orders');
  // @ts-expect-error misspelt
  stream.backfill('public.orderz');
  // @ts-expect-error not captured
  stream.backfill('public.users');
  // @ts-expect-error an option that is none
  stream.backfill('public.orders', { whre: 'id > 10' });
});

test('transform sees the captured changes and may return them, a copy, or nothing', () => {
  createStream({
    id,
    source,
    sink,
    tables: ['public.users'],
    transform: (change) => {
      expectTypeOf(change.table).toEqualTypeOf<'public.users'>();
      return change.op === 'insert' ? change.with({ after: { email: 'x' } }) : null;
    },
  });
  // @ts-expect-error asynchronous work belongs elsewhere
  createStream({ id, source, sink, transform: async (change) => change });
});

test('transform may add the columns that are declared, and no others', () => {
  createStream({
    id,
    source,
    sink,
    columns: { 'public.users': { greeting: 'text' } },
    transform: (change) => {
      if (change.table !== 'public.users' || change.op !== 'insert') return change;
      // @ts-expect-error not declared
      change.with({ after: { other: 1 } });
      // @ts-expect-error a value of another type
      change.with({ after: { email: 1 } });
      return change.with({ after: { greeting: `hello ${change.after.email}` } });
    },
  });
  // @ts-expect-error a misspelt table
  createStream({ id, source, sink, columns: { 'public.userz': { greeting: 'text' } } });
});

test('update may name every table of the source', async () => {
  const stream = createStream({ id, source, sink, tables: ['public.users'] });
  await stream.update({ tables: ['public.users', 'public.orders'] });
  // @ts-expect-error a misspelt table
  await stream.update({ tables: ['public.order'] });
});

test('update takes transform away', async () => {
  await createStream({ id, source, sink, transform: (change) => change }).update({ transform: null });
});

test('what is written for any stream takes one of a typed source', () => {
  const watch = (stream: Stream) => stream.on('error', ({ code }) => code);
  watch(createStream({ id, source, sink, tables: ['public.users'] }));
  watch(createStream({ id, source, checkpoints, on: { 'public.users'() {} } }));
  watch(createStream({ id, source: kysely, checkpoints }));
  watch(createStream({ id, source: untyped, sink }));
});

test('a kysely interface works as it is', () => {
  createStream({
    id,
    source: kysely,
    checkpoints,
    tables: ['users'],
    on: {
      users(changes) {
        for (const { op, after } of changes)
          if (op === 'insert') expectTypeOf(after).toEqualTypeOf<{ id: number; email: string }>();
      },
    },
  });
});

test('sink and handlers exclude each other, and what keeps no checkpoints needs a store', () => {
  // @ts-expect-error both
  createStream({ id, source, sink, on: {}, checkpoints });
  // @ts-expect-error no store
  createStream({ id, source, on: {} });
  // @ts-expect-error no store
  createStream({ id, source });
});
