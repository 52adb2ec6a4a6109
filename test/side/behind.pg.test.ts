import { createStream, type LogChanges, type Source } from '@millrace/core';
import { postgresSource } from '@millrace/postgres-source';
import { postgresSink } from '@millrace/sql-sink/postgres';
import { expect, test } from 'vitest';
import { createDatabase, differences, sharedPostgres, uniqueName, until } from '../harness/index.ts';
import { live } from '../snapshot/shop-world.ts';

/** A source whose side stream is given one batch of changes when it has been read, and the rest when it is let go. */
const holdingBack = (source: Source) => {
  let read = () => {};
  let give = () => {};
  let letGo = () => {};
  const firstRead = new Promise<void>((resolve) => {
    read = resolve;
  });
  const firstGiven = new Promise<void>((resolve) => {
    give = resolve;
  });
  const free = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  async function* held(changes: LogChanges, signal: AbortSignal) {
    const ended = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    let count = 0;
    for await (const batch of changes) {
      if (batch.changes.length > 0) {
        count += 1;
        if (count === 1) {
          read();
          await Promise.race([firstGiven, ended]);
        } else await Promise.race([free, ended]);
      }
      if (signal.aborted) return;
      yield batch;
    }
  }
  const side = (name: string): Source => {
    const inner = source.side?.(name) as Source;
    const changes: Source['changes'] = async (after, signal) => {
      const log = await inner.changes(after, signal);
      return held(log, signal);
    };
    return new Proxy(inner, { get: (of, key) => (key === 'changes' ? changes : bound(of, key)) });
  };
  const outer = new Proxy(source, { get: (of, key) => (key === 'side' ? side : bound(of, key)) });
  return { source: outer, firstRead, give: () => give(), letGo: () => letGo() };
};

const bound = (of: Source, key: string | symbol): unknown => {
  const member: unknown = Reflect.get(of, key);
  return typeof member === 'function' ? member.bind(of) : member;
};

test('a side stream that is behind is not merged: the stream has left out what lies between', {
  timeout: 60_000,
}, async () => {
  await using source = await createDatabase(sharedPostgres());
  await using target = await createDatabase(sharedPostgres());
  await source.query('CREATE TABLE orders (id int PRIMARY KEY); CREATE TABLE items (id int PRIMARY KEY)');
  const slot = uniqueName('slot');
  const held = holdingBack(postgresSource({ connection: source.url, slot, publication: slot }));
  await using stream = createStream({
    id: 'behind',
    source: held.source,
    sink: postgresSink({ connection: target.url }),
    tables: ['public.orders'],
  });
  const passed = async (id: number) => {
    await source.query('INSERT INTO orders VALUES ($1)', [id]);
    const isThere = async () => (await target.query('SELECT FROM orders WHERE id = $1', [id])).length > 0;
    await until(isThere, { describe: 'the stream to go on' });
  };
  const sides =
    "SELECT tables -> 'public.items' ->> 'state' AS state FROM millrace.checkpoint WHERE sink <> 'postgres'";
  const sideState = async () => (await target.query<{ state: string }>(sides))[0]?.state;
  await stream.start();
  await live(stream);
  await source.query('INSERT INTO items VALUES (1)');
  await stream.update({ tables: ['public.orders', 'public.items'] });
  await until(async () => (await sideState()) === 'catching-up', { describe: 'the side stream to be copied' });
  await source.query('INSERT INTO items VALUES (2)');
  await held.firstRead;
  await source.query('INSERT INTO items VALUES (3)');
  await passed(1);
  held.give();
  // Caught up with its copy, and behind the stream.
  await until(async () => (await sideState()) !== 'catching-up', { describe: 'the side stream to be live' });
  await passed(2);
  expect(await sideState()).toBe('live');
  held.letGo();
  await live(stream);
  await source.query('INSERT INTO items VALUES (4)');
  await passed(3);
  expect(await differences(source, target, ['orders', 'items'])).toEqual([]);
});
