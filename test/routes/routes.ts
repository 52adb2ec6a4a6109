import {
  createDatabase,
  createMysqlDatabase,
  type MysqlEndpoint,
  type MysqlName,
  type MysqlTestDatabase,
  mysqlNames,
  type PostgresEndpoint,
  sharedMysql,
  sharedPostgres,
  startMysql,
  startPostgres,
  type TestDatabase,
} from '../harness/index.ts';

export type ServerName = 'postgres' | MysqlName;

/** From one kind of server to another. */
export interface Route {
  readonly source: ServerName;
  readonly target: MysqlName;
}

/** Every pair that ends in MySQL or MariaDB; of the two MariaDBs the older one is met with each kind once. */
export const routes = (): readonly Route[] => {
  const there = mysqlNames();
  const newest = there.filter((name) => name !== 'mariadb-10.11');
  const all = newest.flatMap((target) => (['postgres', ...newest] as const).map((source) => ({ source, target })));
  const older = there.filter((name) => name === 'mariadb-10.11');
  return [...all, ...older.map((target) => ({ source: 'postgres', target }) as const)];
};

/** Of them as many as meet each kind of source and of target: for what takes long. */
export const fewRoutes = (): readonly Route[] =>
  routes().filter(({ source, target }) =>
    [
      ['postgres', 'mysql'],
      ['mysql', 'mariadb-11.8'],
      ['mariadb-11.8', 'mysql'],
    ].some(([from, to]) => from === source && to === target),
  );

export const sharedServer = (name: ServerName): PostgresEndpoint | MysqlEndpoint =>
  name === 'postgres' ? sharedPostgres() : sharedMysql(name);

/** A server of a test's own, which may be killed. */
export const startServer = (name: ServerName) => (name === 'postgres' ? startPostgres() : startMysql({ name }));

export const databaseOn = (server: PostgresEndpoint | MysqlEndpoint): Promise<TestDatabase | MysqlTestDatabase> =>
  'kind' in server ? createMysqlDatabase(server) : createDatabase(server);
