import { createStream, type Schema, type SchemaChangesOption, type Stream, type TableOption } from '@millrace/core';
import { mysqlSource } from '@millrace/mysql-source';
import { type PostgresSourceOptions, postgresSource } from '@millrace/postgres-source';
import { type PostgresSinkOptions, postgresSink } from '@millrace/sql-sink/postgres';

export interface ShopStreamOptions {
  /** Of PostgreSQL, or of MySQL or MariaDB. */
  readonly source: string;
  readonly target: string;
  readonly slot: string;
  readonly snapshot?: 'initial' | 'never' | 'always' | 'only';
  /** How fast the source may be read; 0: as fast as it goes. */
  readonly maxBytesPerSecond?: number;
  /** About how much a chunk holds; so little unless told that a copy has many. */
  readonly maxBytes?: number;
  /** Absent: all. */
  readonly tables?: readonly TableOption<Schema>[];
  readonly missingRow?: 'skip';
  readonly schemaChanges?: SchemaChangesOption;
  readonly ddl?: PostgresSourceOptions['ddl'];
  /** Other options of the sink. */
  readonly sinkOptions?: Partial<PostgresSinkOptions>;
}

/** A stream of the shop, or of what else there is. */
export const shopStream = (options: ShopStreamOptions): Stream => {
  const { source, target, slot, snapshot = 'initial', maxBytesPerSecond = 0, maxBytes = 64 * 1024 } = options;
  const { tables = [], missingRow = 'insert', schemaChanges = 'lenient', sinkOptions, ddl = 'inferred' } = options;
  return createStream({
    id: 'shop',
    source: source.startsWith('mysql:')
      ? mysqlSource({ connection: source })
      : postgresSource({ connection: source, slot, publication: 'shop', ddl }),
    sink: postgresSink({ connection: target, targetSchema: 'public', missingRow, ...sinkOptions }),
    snapshot,
    schemaChanges,
    tables,
    copy: { concurrency: 3, maxBytes, maxBytesPerSecond },
  });
};
