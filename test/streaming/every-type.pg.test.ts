import { createStream, type Sink } from '@millrace/core';
import { postgresSource } from '@millrace/postgres-source';
import { postgresSink } from '@millrace/sql-sink/postgres';
import { describe, expect, test } from 'vitest';
import {
  createDatabase,
  differences,
  postgresVersions,
  sharedPostgres,
  type TestDatabase,
  tableRows,
  uniqueName,
  until,
} from '../harness/index.ts';
import { live } from '../snapshot/shop-world.ts';
import {
  arraysOf,
  builtinLiterals,
  extensions,
  isElement,
  type Literals,
  ownLiterals,
  ownTypes,
  readableOwnTypes,
  tablesOf,
  textTypes,
} from './type-tables.ts';

interface Following {
  readonly source: TestDatabase;
  readonly target: TestDatabase;
  readonly types: Literals;
  readonly wire: 'text' | 'binary';
}

/** A sink that notes in which form the rows come. */
const noting = (sink: Sink, wires: Set<string>): Sink =>
  new Proxy(sink, {
    get(of, name: keyof Sink) {
      const member = of[name];
      if (typeof member !== 'function') return member;
      if (name !== 'write') return member.bind(of);
      return (...given: Parameters<Sink['write']>) => {
        for (const { image } of given[0].changes) if (image.after !== null) wires.add(image.after.wire);
        return of.write(...given);
      };
    },
  });

const arriveEqual = async ({ source, target, types, wire }: Following) => {
  const elements = Object.fromEntries(Object.entries(types).filter(([type]) => isElement(type)));
  const tables = await tablesOf(source, Object.entries({ ...types, ...arraysOf(elements) }));
  await source.query('CREATE TABLE marker (id int PRIMARY KEY)');
  for (const { create, fill } of tables) await source.query(`${create}; ${fill(1)}`);
  const wires = new Set<string>();
  await using stream = createStream({
    id: 'types',
    source: postgresSource({ connection: source.url, slot: uniqueName('slot'), publication: 'types' }),
    sink: noting(postgresSink({ connection: target.url }), wires),
  });
  await stream.start();
  for (const { fill, change } of tables) await source.query(`${fill(1_001)}; ${change}`);
  await live(stream);
  await source.query('INSERT INTO marker VALUES (1)');
  const arrived = async () => {
    if (stream.state.status === 'failed-permanently') throw stream.state.error;
    return (await target.query('SELECT FROM marker')).length > 0;
  };
  await until(arrived, { describe: 'the last change at the target', timeout: 60_000 });
  const names = tables.map(({ name }) => name);
  expect(await differences(source, target, names)).toEqual([]);
  for (const name of names)
    if (name.startsWith('public."t')) expect(await tableRows(source, name), name).not.toEqual([]);
  expect(wires).toEqual(new Set([wire]));
};

const isReadableOwn = (type: string): boolean => readableOwnTypes.some((name) => type === name || type === `${name}[]`);

describe.each(postgresVersions())('every type of PostgreSQL %i, copied and followed', (version) => {
  const builtin = builtinLiterals(version);

  test('in binary form', { timeout: 120_000 }, async () => {
    await using source = await createDatabase(sharedPostgres(version));
    await using target = await createDatabase(sharedPostgres(version));
    const { 'pg_catalog."char"': char = [], ...types } = builtin;
    for (const database of [source, target]) await database.query(ownTypes);
    const own = Object.entries(ownLiterals).filter(([type]) => isReadableOwn(type));
    const readable = { ...types, ...Object.fromEntries(own), ...(version < 16 ? {} : { 'pg_catalog."char"': char }) };
    await arriveEqual({ source, target, types: readable, wire: 'binary' });
  });

  test('as text', { timeout: 120_000 }, async () => {
    await using source = await createDatabase(sharedPostgres(version));
    await using target = await createDatabase(sharedPostgres(version));
    for (const database of [source, target]) await database.query(ownTypes);
    await arriveEqual({ source, target, types: { ...builtin, ...textTypes, ...ownLiterals }, wire: 'text' });
  });

  test.for(Object.entries(extensions))('of the extension %s', { timeout: 60_000 }, async ([name, types], context) => {
    await using source = await createDatabase(sharedPostgres(version));
    await using target = await createDatabase(sharedPostgres(version));
    const [known] = await source.query('SELECT FROM pg_available_extensions WHERE name = $1', [name]);
    context.skip(known === undefined, `this server does not have ${name}`);
    for (const database of [source, target]) await database.query(`CREATE EXTENSION ${name}`);
    await arriveEqual({ source, target, types, wire: name === 'citext' ? 'binary' : 'text' });
  });
});
