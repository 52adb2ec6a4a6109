import { createStream, type Schema, type SchemaChangesOption, type Stream, type TableOption } from '@millrace/core';
import { mysqlSource } from '@millrace/mysql-source';
import { type PostgresSourceOptions, postgresSource } from '@millrace/postgres-source';
import { type MysqlSinkOptions, mysqlSink } from '@millrace/sql-sink/mysql';

/** Plain data, so that a process of its own can be told. */
export interface RouteStreamOptions {
  readonly source: string;
  readonly target: string;
  /** Of a PostgreSQL source. */
  readonly slot: string;
  readonly ddl?: PostgresSourceOptions['ddl'];
  /** Of MySQL and MariaDB sources. */
  readonly zeroDates?: 'null';
  readonly tables?: readonly TableOption<Schema>[];
  readonly schemaChanges?: SchemaChangesOption;
  /** What target tables get beside columns and key. */
  readonly structure?: NonNullable<MysqlSinkOptions['structure']>;
  /** How fast the source may be read; 0: as fast as it goes. */
  readonly maxBytesPerSecond?: number;
}

export const routeStream = (options: RouteStreamOptions): Stream => {
  const { source, target, slot, ddl = 'inferred', zeroDates = 'error' } = options;
  const { tables = [], schemaChanges = 'lenient', maxBytesPerSecond = 0, structure = 'key-only' } = options;
  return createStream({
    id: 'route',
    source: source.startsWith('mysql:')
      ? mysqlSource({ connection: source, zeroDates })
      : postgresSource({ connection: source, slot, publication: 'route', ddl }),
    sink: mysqlSink({ connection: target, schema: new URL(target).pathname.slice(1), missingRow: 'error', structure }),
    tables,
    schemaChanges,
    copy: { maxBytes: 32 * 1024, maxBytesPerSecond },
  });
};
