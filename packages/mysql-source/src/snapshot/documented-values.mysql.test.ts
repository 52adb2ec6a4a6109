import { expect, it } from 'vitest';
import { createMysqlDatabase, mysqlNames, sharedMysql } from '../../../../test/harness/index.ts';
import { mysqlTypes } from '../../../../test/values/mysql-types.ts';
import { OpenSource } from './copied-table.test-support.ts';

it.each(mysqlNames())('values of %s are as documented, copied and logged', async (name) => {
  const kind = name === 'mysql' ? 'mysql' : 'mariadb';
  const hasVectors = name !== 'mariadb-10.11';
  const types = mysqlTypes.filter(({ type, only = kind }) => only === kind && (hasVectors || type !== 'vector(3)'));
  await using database = await createMysqlDatabase(sharedMysql(name));
  await using open = await OpenSource.on(database);
  const connection = await database.connect();
  await connection.query("SET time_zone = '+00:00', sql_mode = ''");
  const columns = types.map(({ type }, number) => `v${number} ${type} NULL`);
  await connection.query(`CREATE TABLE t (id int PRIMARY KEY, ${columns.join(', ')}) CHARACTER SET utf8mb4`);
  const most = Math.max(...types.map(({ values }) => values.length));
  for (let row = 0; row < most; row++) {
    const values = types.map((one) => one.values[row]?.sql ?? 'NULL');
    await connection.query(`INSERT INTO t VALUES (${row}, ${values.join(', ')})`);
  }
  const copied = (await open.copy(`${database.name}.t`)).flatMap((chunk) => [...chunk.rows]);
  const logged = (await open.changes(most)).map(({ image }) => image.after);
  const images = { copied, logged };
  for (const [from, rows] of Object.entries(images)) {
    expect(rows.length, from).toBe(most);
    for (const [column, { type, values }] of types.entries()) {
      const found = rows.map((row) => ({ text: row?.text(column + 1), javascript: row?.value(column + 1) }));
      const expected = values.map(({ text, javascript }) => ({ text, javascript }));
      expect(found.slice(0, values.length), `${type}, ${from}`).toEqual(expected);
    }
  }
  const [relation] = copied.map((row) => row.relation);
  expect(relation?.columns.slice(1).map(({ native }) => native.replace(/\(\d\) unsigned/, ' unsigned'))).toEqual(
    types.map(({ type, native = type }) => native),
  );
});
