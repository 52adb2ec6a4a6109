import type { Connection } from 'mysql2/promise';
import type { MysqlEndpoint } from '../../../../test/harness/index.ts';
import { dumpFrom, headOfLog } from '../binlog/dump-log.test-support.ts';
import type { LogSession } from '../log-session.ts';
import type { Statement } from '../transactions/transaction-reader.ts';
import { isUnknown, type SchemaState } from './model/schema-state.ts';
import { definitionOf } from './model/table-model.ts';

export const sessionOf = (connection: Connection): LogSession => ({
  query: async <Row>(sql: string, values: readonly unknown[] = []) => {
    const [rows] = await connection.query(sql, [...values]);
    return Array.isArray(rows) ? (rows as Row[]) : [];
  },
});

/** What is compared: definitions, and what later statements depend on, in an order of its own. */
export const comparable = ({ databases }: SchemaState) =>
  Object.fromEntries(
    [...databases.values()].flatMap((database) => [
      [`others of ${database.name}`, [...(database.others ?? [])].sort()],
      ...[...database.tables.values()].map((table) => [
        `${table.schema}.${table.table}`,
        isUnknown(table)
          ? table
          : {
              ...definitionOf(table),
              collation: table.collation,
              keys: table.keys
                .map(({ name, kind, parts }) =>
                  JSON.stringify(kind === 'other' ? [name, parts.map(({ column }) => column)] : [name, kind, parts]),
                )
                .sort(),
            },
      ]),
    ]),
  );

/** What the server logs of these databases while something is done: not always what was sent. */
export const loggedWhile = async (
  server: MysqlEndpoint,
  databases: readonly string[],
  action: () => Promise<unknown>,
): Promise<readonly Statement[]> => {
  const { file, offset } = await headOfLog(server);
  await action();
  const events = await dumpFrom(server, file, offset);
  return events.filter(
    (event): event is Statement =>
      event.kind === 'query' && databases.includes(event.schema) && !/^(?:BEGIN|COMMIT)$/.test(event.sql),
  );
};
