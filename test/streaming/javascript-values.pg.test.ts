import { type Column, createStream, type ValueType } from '@millrace/core';
import { postgresSource } from '@millrace/postgres-source';
import { postgresSink } from '@millrace/sql-sink/postgres';
import { describe, expect, test } from 'vitest';
import {
  createDatabase,
  differences,
  postgresVersions,
  sharedPostgres,
  type TestDatabase,
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
  tablesOf,
  textTypes,
} from './type-tables.ts';

const isText = (value: unknown): boolean => typeof value === 'string';
const isMatching = (pattern: RegExp) => (value: unknown) => typeof value === 'string' && pattern.test(value);

/** What docs/values.md promises of the values of each type. */
const promised: Readonly<Record<Exclude<ValueType, 'array'>, (value: unknown) => boolean>> = {
  smallint: Number.isInteger,
  int: Number.isInteger,
  bigint: (value) => typeof value === 'bigint',
  decimal: isMatching(/^-?(\d+(\.\d+)?|Infinity)$|^NaN$/),
  float: (value) => typeof value === 'number',
  boolean: (value) => typeof value === 'boolean',
  text: isText,
  bytes: (value) => Buffer.isBuffer(value),
  date: isMatching(/^\d{4,}-\d\d-\d\d( BC)?$|^-?infinity$/),
  time: isMatching(/^\d\d:\d\d:\d\d(\.\d{1,6})?$/),
  timestamp: isMatching(/^\d{4,}-\d\d-\d\d(T\S{8,15}| \S{8,15} BC)$|^-?infinity$/),
  timestamptz: isMatching(/^\d{4,}-\d\d-\d\d(T\S{8,15}Z| \S{8,15}\+00 BC)$|^-?infinity$/),
  interval: isText,
  json: (value) => !Buffer.isBuffer(value),
  uuid: isMatching(/^[0-9a-f-]{36}$/),
  other: isText,
};

const isPromised = (value: unknown, column: Pick<Column, 'type' | 'element'>): boolean => {
  const { type, element = 'other' } = column;
  if (value === null) return true;
  if (type !== 'array') return promised[type](value);
  return Array.isArray(value) && value.every((one) => isPromised(one, Array.isArray(one) ? column : { type: element }));
};

/** What a JavaScript value does not hold: bounds of arrays, digits, spaces and NULL of JSON. */
const isHeld = (type: string, literal: string): boolean =>
  !/^\[-?\d+:/.test(literal) && (!/jsonb?"?(\[\])?$/.test(type) || ['"text"', '{}'].includes(literal));

const held = (types: Literals): Literals =>
  Object.fromEntries(
    Object.entries(types).map(([type, literals]) => [type, literals.filter((literal) => isHeld(type, literal))]),
  );

interface Writing {
  readonly source: TestDatabase;
  readonly target: TestDatabase;
  readonly types: Literals;
  /** Of what JavaScript sees: every value is set to what it is, or a second column to what the first is. */
  readonly written: 'unchanged' | 'elsewhere';
}

const arriveEqual = async ({ source, target, types: all, written }: Writing) => {
  const elements = Object.fromEntries(Object.entries(all).filter(([type]) => isElement(type)));
  const everything = { ...all, ...arraysOf(elements) };
  const types = written === 'elsewhere' ? held(everything) : everything;
  const tables = await tablesOf(source, Object.entries(types));
  await source.query('CREATE TABLE marker (id int PRIMARY KEY)');
  for (const { create, fill } of tables) await source.query(`${create}; ${fill(1)}`);
  const wrong: unknown[] = [];
  await using stream = createStream({
    id: 'values',
    source: postgresSource({ connection: source.url, slot: uniqueName('slot'), publication: 'values' }),
    sink: postgresSink({ connection: target.url }),
    transform(change) {
      const { after, relation } = change;
      if (after === null) return change;
      for (const column of relation.columns)
        if (column.name in after && !isPromised(after[column.name], column))
          wrong.push([column.native, after[column.name]]);
      if (written === 'unchanged') return change.with({ after });
      return 'v' in after && 'id' in after ? change.with({ after: { w: after.v } }) : change;
    },
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
  if (written === 'elsewhere')
    for (const name of names.filter((one) => one.startsWith('public."t'))) {
      const other = await target.query(`SELECT v::text, w::text FROM ${name} WHERE w::text IS DISTINCT FROM v::text`);
      expect(other, name).toEqual([]);
      await target.query(`UPDATE ${name} SET w = NULL`);
    }
  expect(await differences(source, target, names)).toEqual([]);
  expect(wrong).toEqual([]);
};

describe.each(postgresVersions())('JavaScript values of PostgreSQL %i', (version) => {
  const ways = ['unchanged', 'elsewhere'] as const;

  test.each(ways)(
    'every type is what docs/values.md says, and is written %s',
    { timeout: 120_000 },
    async (written) => {
      await using source = await createDatabase(sharedPostgres(version));
      await using target = await createDatabase(sharedPostgres(version));
      for (const database of [source, target]) await database.query(ownTypes);
      const types = { ...builtinLiterals(version), ...textTypes, ...ownLiterals };
      await arriveEqual({ source, target, types, written });
    },
  );

  test.each(ways)('so are those of extensions, %s', { timeout: 60_000 }, async (written) => {
    await using source = await createDatabase(sharedPostgres(version));
    await using target = await createDatabase(sharedPostgres(version));
    const rows = await source.query<{ name: string }>('SELECT name FROM pg_available_extensions');
    const available = Object.keys(extensions).filter((one) => rows.some(({ name }) => name === one));
    for (const database of [source, target])
      await database.query(available.map((name) => `CREATE EXTENSION ${name};`).join(''));
    const types: Literals = Object.assign({}, ...available.map((name) => extensions[name]));
    await arriveEqual({ source, target, types, written });
  });
});
