import { mysqlSource } from '@millrace/mysql-source';
import { describeSource, type OriginChange, type SourceWorld } from '@millrace/testkit';
import { describe, it } from 'vitest';
import { createMysqlDatabase, type MysqlName, mysqlNames, sharedMysql } from '../harness/index.ts';

const columns = ['id', 'note', 'count'] as const;

const statement = (change: OriginChange): readonly [sql: string, values: readonly unknown[]] => {
  switch (change.op) {
    case 'insert':
      return ['INSERT INTO items (id, note, count) VALUES (?, ?, ?)', columns.map((name) => change.row[name] ?? null)];
    case 'update': {
      const values = Object.entries(change.row);
      const set = values.map(([name]) => `${name} = ?`).join(', ');
      return [`UPDATE items SET ${set} WHERE id = ?`, [...values.map(([, value]) => value), change.id]];
    }
    case 'delete':
      return ['DELETE FROM items WHERE id = ?', [change.id]];
    case 'truncate':
      return ['TRUNCATE items', []];
  }
};

/** Many inserts are one statement: the suites write transactions of thousands of rows. */
const inserts = (changes: readonly OriginChange[]): readonly [sql: string, values: readonly unknown[]] => {
  const rows = changes.flatMap((change) => (change.op === 'insert' ? [change.row] : []));
  const json = JSON.stringify(rows);
  const table =
    "JSON_TABLE(?, '$[*]' COLUMNS (id int PATH '$.id', note longtext PATH '$.note', count int PATH '$.count')) t";
  return [`INSERT INTO items SELECT id, note, count FROM ${table}`, [json]];
};

const origin = (name: MysqlName) => async (): Promise<SourceWorld> => {
  const database = await createMysqlDatabase(sharedMysql(name));
  await database.query('CREATE TABLE items (id int PRIMARY KEY, note longtext, count int)');
  const connection = await database.connect();
  return {
    connect: () => mysqlSource({ connection: database.url, batch: { maxChanges: 500 } }),
    table: {
      name: `${database.name}.items`,
      columns: { id: 'id', note: 'note', count: 'count' },
      // A truncate cannot stand inside a transaction.
      operations: ['insert', 'update', 'delete'],
    },
    async write(changes) {
      await connection.beginTransaction();
      const isLoad = changes.length > 10 && changes.every(({ op }) => op === 'insert');
      for (const [sql, values] of isLoad ? [inserts(changes)] : changes.map(statement))
        await connection.query(sql, [...values]);
      await connection.commit();
    },
    async addColumn(column) {
      await database.query(`ALTER TABLE items ADD COLUMN ${column} longtext`);
    },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
};

describe.each(mysqlNames())('%s', (name) => describeSource(origin(name), { describe, it }));
