import { readdir } from 'node:fs/promises';
import { noValue, valuePlaces } from '@millrace/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMysqlDatabase, type MysqlServer, mysqlNames, startMysql } from '../../../../test/harness/index.ts';
import type { TableMap } from '../binlog/table-map.ts';
import type { TableDefinition } from '../schema/table-definition.ts';
import { definitionOf } from './definition-of.ts';
import { loggedEvents, loggedRows } from './logged-rows.test-support.ts';
import { basicTypes, jsonTypes, type TypeValues, uncommonTypes } from './type-values.test-support.ts';
import { isSame, toleratedOfZongji, zongjiRows } from './zongji-rows.test-support.ts';

type Case = TypeValues & { readonly table: string };

/** Inserts every value of every type into a table of its own, and gives what the server says of them. */
const said = async (server: MysqlServer, cases: readonly Case[]): Promise<Map<string, readonly (string | null)[]>> => {
  await using database = await createMysqlDatabase(server);
  const connection = await database.connect();
  await connection.query("SET time_zone = '+00:00', sql_mode = ''");
  const texts = new Map<string, readonly (string | null)[]>();
  for (const { table, type, values, text = 'CAST(v AS CHAR CHARACTER SET utf8mb4)' } of cases) {
    await connection.query(`CREATE TABLE ${table} (id int PRIMARY KEY, v ${type}) CHARACTER SET utf8mb4`);
    for (const [id, value] of [...values, 'NULL'].entries())
      await connection.query(`INSERT INTO ${table} VALUES (${id}, ${value})`);
    const [rows] = await connection.query({ sql: `SELECT ${text} FROM ${table} ORDER BY id`, rowsAsArray: true });
    texts.set(
      table,
      (rows as (string | null)[][]).map(([said = null]) => said),
    );
  }
  return texts;
};

/** The definition with another type of the column `v`. */
const declaredAs = (definition: TableDefinition | null, type: string | undefined): TableDefinition | null => {
  if (definition === null || type === undefined) return definition;
  const columns = definition.columns.map((column) => (column.name === 'v' ? { ...column, type } : column));
  return { ...definition, columns };
};

const insertedFloats = async (server: MysqlServer): Promise<readonly (readonly string[])[]> => {
  await using database = await createMysqlDatabase(server);
  const connection = await database.connect();
  await connection.query('CREATE TABLE floats (id int AUTO_INCREMENT PRIMARY KEY, v float)');
  await connection.query(
    `INSERT INTO floats (v) VALUES (1.1), (0.1), (-123456), (16777216), (3.4028234e38), (-1.17549435e-38), (1e20), (1.5e-10),
      (0.00001), (1e-45), (123456.7), (0.333333333), (8388608.5), (9.999999e9)`,
  );
  const [rows] = await connection.query({ sql: 'SELECT v, v + 0e0 FROM floats ORDER BY id', rowsAsArray: true });
  return rows as unknown as string[][];
};

describe.each(mysqlNames())('the rows of %s', (name) => {
  let server: MysqlServer;
  let events: Awaited<ReturnType<typeof loggedEvents>>;
  let texts: Map<string, readonly (string | null)[]>;
  /** Each as the server prints it, and as a DOUBLE. */
  let floats: readonly (readonly string[])[];
  const kind = name === 'mysql' ? 'mysql' : 'mariadb';
  const cases = [...basicTypes, ...jsonTypes, ...uncommonTypes]
    .filter(({ only }) => only === undefined || only === kind)
    .map((values, number): Case => ({ ...values, table: `t${number}` }));

  beforeAll(async () => {
    server = await startMysql({ name });
    texts = await said(server, cases);
    floats = await insertedFloats(server);
    events = await loggedEvents(server);
  });
  afterAll(() => server?.stop());

  it('float: as the server prints it, with more digits where those do not tell the value', () => {
    const texts = [...loggedRows(events, 'floats').changes].map(({ image }) => image.after?.text(1) ?? '');
    const [printed, exact] = [floats.map(([text]) => Number(text)), floats.map(([, value]) => Number(value))];
    expect(texts.map((text) => Math.fround(Number(text)))).toEqual(exact);
    expect(texts.map((text) => Number(Number(text).toPrecision(6)))).toEqual(printed);
    expect(texts.slice(0, 4)).toEqual(['1.1', '0.1', '-123456', '16777216']);
  });

  it.each(cases)('$type', ({ table, declared }) => {
    const { changes } = loggedRows(events, table, { definition: (map) => declaredAs(definitionOf(map), declared) });
    const expected = texts.get(table) ?? [];
    const rows = [...changes].map(({ image }) => image.after);
    expect(rows.map((row) => row?.text(1))).toEqual(expected);
    const places = valuePlaces();
    const buffer = Buffer.alloc(1024 * 1024);
    for (const [index, row] of rows.entries()) {
      expect(changes.indexed?.place(index, 'after', places)).toBe(true);
      const [start = 0, end] = [places.starts[1], places.ends[1]];
      const text = expected[index] ?? null;
      expect(start === noValue.null ? null : places.bytes.toString('utf8', start, end)).toBe(text);
      const written = row?.writeText(1, buffer, 3) ?? 0;
      expect(written === noValue.null ? null : buffer.toString('utf8', 3, written)).toBe(text);
      expect(row?.state(1)).toBe(text === null ? 'null' : 'value');
    }
  });

  it('zongji reads the same, but for what is known of it', async () => {
    const values = cases.map(({ values }) => values.length + 1).reduce((sum, count) => sum + count, 0);
    const first = (await readdir(server.dataDirectory)).filter((file) => /\.\d{6}$/.test(file)).sort()[0] ?? '';
    const theirs = await zongjiRows(server, first, values);
    const met = new Set<string>();
    const differing = cases.flatMap(({ table, type, declared }) => {
      const definition = (map: TableMap) => declaredAs(definitionOf(map), declared);
      const ours = [...loggedRows(events, table, { definition }).changes].map(
        ({ image }) => image.after?.text(1) ?? null,
      );
      const read = (theirs.get(table) ?? []).map(({ v }) => v);
      return ours.flatMap((text, index) => {
        const theirs = read[index];
        if (isSame(type, text, theirs)) return [];
        const known = Object.entries(toleratedOfZongji).find(([, is]) => is(type, text, theirs));
        if (known === undefined) return [[type, text?.slice(0, 80), String(theirs).slice(0, 80)]];
        met.add(known[0]);
        return [];
      });
    });
    expect(differing).toEqual([]);
    const onlyHere = name === 'mysql' ? /^INET/ : /JSON/;
    expect([...met].sort()).toEqual(
      Object.keys(toleratedOfZongji)
        .filter((known) => !onlyHere.test(known))
        .sort(),
    );
  }, 60_000);
});
