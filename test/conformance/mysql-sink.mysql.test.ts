import { mysqlSink } from '@millrace/sql-sink/mysql';
import { describeSink, type SinkWorld, type TargetRow } from '@millrace/testkit';
import { describe, it } from 'vitest';
import { workRelations } from '../../packages/testkit/src/workload/relations.test-support.ts';
import { createMysqlDatabase, type MysqlName, mysqlNames, sharedMysql } from '../harness/index.ts';

/** Those whose values the server prints as they are sent. */
const relations = workRelations.filter(({ table }) => table !== 'values' && table !== 'logged');

const quote = (name: string): string => `\`${name.replaceAll('`', '``')}\``;

const target = (name: MysqlName) => async (): Promise<SinkWorld> => {
  const database = await createMysqlDatabase(sharedMysql(name));
  return {
    connect: () => mysqlSink({ connection: database.url, schema: database.name }),
    async rows({ table, columns }) {
      const [found] = await database.query(
        'SELECT 1 FROM information_schema.tables WHERE (table_schema, table_name) = (?, ?)',
        [database.name, table],
      );
      if (found === undefined) return [];
      const texts = columns.map(({ name: column }) => `CAST(${quote(column)} AS CHAR) AS ${quote(column)}`);
      return database.query<TargetRow>(`SELECT ${texts.join(', ')} FROM ${quote(table)}`);
    },
    relations,
    async stall() {
      const blocker = await database.connect();
      await blocker.query('LOCK TABLES items WRITE');
      return { [Symbol.asyncDispose]: () => blocker.end() };
    },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
};

describe.each(mysqlNames())('%s', (name) => describeSink(target(name), { describe, it }));
