import { qualifiedName } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import { createMysqlDatabase, mysqlNames, sharedMysql } from '../../../../test/harness/index.ts';
import { basicTypes, jsonTypes, uncommonTypes } from '../rows/type-values.test-support.ts';
import { OpenSource } from './copied-table.test-support.ts';

describe.each(mysqlNames())('the rows of %s, copied', (name) => {
  const kind = name === 'mysql' ? 'mysql' : 'mariadb';
  const cases = [...basicTypes, ...jsonTypes, ...uncommonTypes]
    .filter(({ only }) => only === undefined || only === kind)
    .map((values, number) => ({ ...values, table: `t${number}` }));

  it('have the values of the log, and those that the server prints', { timeout: 120_000 }, async () => {
    await using database = await createMysqlDatabase(sharedMysql(name));
    await using open = await OpenSource.on(database);
    const connection = await database.connect();
    await connection.query("SET time_zone = '+00:00', sql_mode = ''");
    const printed = new Map<string, readonly (string | null)[]>();
    let count = 0;
    for (const { table, type, values, text = 'CAST(v AS CHAR CHARACTER SET utf8mb4)' } of cases) {
      await connection.query(`CREATE TABLE ${table} (id int PRIMARY KEY, v ${type}) CHARACTER SET utf8mb4`);
      const rows = [...values, 'NULL'];
      for (const [id, value] of rows.entries()) await connection.query(`INSERT INTO ${table} VALUES (${id}, ${value})`);
      count += rows.length;
      const [said] = await connection.query({ sql: `SELECT ${text} FROM ${table} ORDER BY id`, rowsAsArray: true });
      printed.set(
        table,
        (said as (string | null)[][]).map(([one = null]) => one),
      );
    }
    const logged = new Map<string, { text: string | null | undefined; value: unknown }[]>();
    for (const { image, relation } of await open.changes(count)) {
      const rows = logged.get(relation.table) ?? [];
      rows.push({ text: image.after?.text(1), value: image.after?.value(1) });
      logged.set(relation.table, rows);
    }
    for (const { table, type } of cases) {
      const chunks = await open.copy(`${database.name}.${table}`, { maxBytes: 50 });
      const rows = chunks.flatMap((chunk) => [...chunk.rows]);
      const found = rows.map((row) => ({ text: row.text(1), value: row.value(1) }));
      expect(
        found.map(({ text }) => text),
        type,
      ).toEqual(printed.get(table));
      expect(found, type).toEqual(logged.get(table));
      expect(rows.map((row) => row.keep().text(1))).toEqual(printed.get(table));
    }
  });

  it('are copied once each, in the order of keys of every type', { timeout: 120_000 }, async () => {
    await using database = await createMysqlDatabase(sharedMysql(name));
    await using open = await OpenSource.on(database);
    const connection = await database.connect();
    await connection.query("SET time_zone = '+00:00', sql_mode = ''");
    // A key has no JSON, no text without a length, and no geometry.
    const asKey = ({ type }: { readonly type: string }) =>
      !/json|text|blob|geometry|point|COMPRESSED|char\(300\)|char\(255\)/.test(type);
    const letters = ["'b'", "'A'", "'a '", "'Ä'", "'z'", "'\\\\'", "'€'", "''", "'ab'"];
    const texts = ['latin1', 'latin1 COLLATE latin1_bin', 'utf16', 'utf8mb4 COLLATE utf8mb4_bin', 'cp932', 'gbk'];
    const others = [
      { type: 'float', values: ['0.1', '-1.5e-30', '3.4e38', '16777216', '0', '123456.7'] },
      { type: 'double(10,2)', values: ['0.1', '-1.55', '0'] },
      { type: 'int(6) zerofill', values: ['1', '0', '4294967295'] },
      ...texts.map((set) => ({ type: `varchar(20) CHARACTER SET ${set}`, values: letters })),
    ].map((one, number) => ({ ...one, table: `other${number}` }));
    for (const { table, type, values } of [...cases.filter(asKey), ...others]) {
      await connection.query(
        `CREATE TABLE ${table} (k ${type.replace(/ null$/, '')} NOT NULL, n int, PRIMARY KEY (k, n)) CHARACTER SET utf8mb4`,
      );
      for (const [id, value] of values.entries())
        await connection.query(`INSERT IGNORE INTO ${table} VALUES (${value}, ${id}), (${value}, ${id + 1_000})`);
      const [rows] = await connection.query({ sql: `SELECT n FROM ${table} ORDER BY k, n`, rowsAsArray: true });
      const expected = (rows as unknown[][]).map(([n]) => Number(n));
      const chunks = await open.copy(`${database.name}.${table}`, { maxBytes: 1 });
      const found = chunks.flatMap((chunk) => [...chunk.rows].map((row) => Number(row.text(1))));
      expect(found, type).toEqual(expected);
      expect(chunks.length, type).toBeGreaterThan(values.length);
      const keys = chunks.flatMap((chunk) => [...chunk.rows].map((row) => row.keep()));
      const table_ = qualifiedName(keys[0]?.relation ?? { schema: '', table: '' });
      const again = await open.source.reselect?.({ table: table_, keys, transactions: [] }, open.abort.signal);
      expect((again?.rows ?? []).map((row) => Number(row.text(1))).sort(), type).toEqual([...expected].sort());
    }
  });
});
