import {
  type MysqlEndpoint,
  type MysqlTestDatabase,
  mysqlNames,
  sharedMysql,
} from '../../../../../test/harness/index.ts';
import { DrivenSink } from '../../testing/driven-sink.ts';
import { mysqlSinkWith } from '../mysql-sink.ts';
import type { MysqlSinkOptions } from '../mysql-sink-options.ts';
import type { SinkLimits } from '../sink-limits.ts';

/** One way of applying changes, on one server. Whatever is said of changes must hold for each. */
export interface ApplyPath {
  readonly name: string;
  readonly server: MysqlEndpoint;
  readonly limits: Pick<SinkLimits, 'alwaysSequentially' | 'loadedRows'>;
}

const ways = [
  { way: 'one at a time', limits: { alwaysSequentially: true, loadedRows: 2 } },
  { way: 'in bulk', limits: { alwaysSequentially: false, loadedRows: 1_000_000 } },
  { way: 'in bulk with loaded rows', limits: { alwaysSequentially: false, loadedRows: 2 } },
];

/** On the newest server of each kind. */
export const applyPaths = (): readonly ApplyPath[] =>
  mysqlNames()
    .filter((name) => name !== 'mariadb-10.11')
    .flatMap((name) => ways.map(({ way, limits }) => ({ name: `${name}, ${way}`, server: sharedMysql(name), limits })));

/** Tables of every schema of the source, and the checkpoints, lie in the database. */
export const sinkInto = (
  { url, name }: Pick<MysqlTestDatabase, 'url' | 'name'>,
  limits: Partial<SinkLimits> = {},
  options: Partial<MysqlSinkOptions> = {},
): DrivenSink => new DrivenSink(mysqlSinkWith({ connection: url, schema: name, ...options }, limits));

/** Opens a sink that applies changes this way. */
export const openSink = async (
  database: Pick<MysqlTestDatabase, 'url' | 'name'>,
  { limits }: Pick<ApplyPath, 'limits'>,
  options: Partial<MysqlSinkOptions> = {},
): Promise<DrivenSink> => {
  const sink = sinkInto(database, limits, options);
  await sink.open();
  return sink;
};

/** The items that tests of PostgreSQL have, too: a table with a second unique key. */
export const createItems =
  'CREATE TABLE items (id int PRIMARY KEY, code varchar(20) COLLATE utf8mb4_bin UNIQUE, note text)';
