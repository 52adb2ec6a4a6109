import { createStream, type SchemaChangesOption, type Stream } from '@millrace/core';
import { mysqlSource } from '@millrace/mysql-source';
import { type PostgresSourceOptions, postgresSource } from '@millrace/postgres-source';
import { mysqlSinkWith } from '../../packages/sql-sink/src/mysql/mysql-sink.ts';
import { postgresSinkWith } from '../../packages/sql-sink/src/postgres/postgres-sink.ts';
import { bankSelection } from './bank.ts';
import { isMysql } from './bank-sql.ts';

export interface BankStreamOptions {
  readonly source: string;
  readonly target: string;
  /** Unique on the server of the source; MySQL has no use for it. */
  readonly slot: string;
  readonly id?: string;
  /** Tables beside those of the bank. */
  readonly tables?: readonly string[];
  readonly schemaChanges?: SchemaChangesOption;
  readonly ddl?: PostgresSourceOptions['ddl'];
  /** How many seconds a MySQL target waits for a locked row. */
  readonly rowPatience?: number;
}

const batch = { maxChanges: 7, maxBytes: 2_000 };

const bankSource = (connection: string, slot: string, ddl: PostgresSourceOptions['ddl']) =>
  isMysql(connection)
    ? mysqlSource({ connection, batch })
    : postgresSource({ connection, slot, publication: 'bank', batch, ...(ddl === undefined ? {} : { ddl }) });

/** So that small groups are written in the ways of large ones, too. */
const bankSink = (connection: string, rowPatience: number) =>
  isMysql(connection)
    ? mysqlSinkWith(
        { connection, schema: new URL(connection).pathname.slice(1) },
        { loadedRows: 2, messageStatements: 3, rowPatience },
      )
    : postgresSinkWith({ connection, targetSchema: 'public' }, { sharedRows: 2, stagedRows: 2, stagingTables: 2 });

/** A stream of the bank with limits so small that its transactions span batches, the hub and groups. */
export const bankStream = ({
  source,
  target,
  slot,
  id = 'bank',
  tables = [],
  schemaChanges = 'lenient',
  ddl,
  rowPatience = 50,
}: BankStreamOptions): Stream =>
  createStream({
    id,
    source: bankSource(source, slot, ddl),
    sink: bankSink(target, rowPatience),
    tables: [...bankSelection, ...tables],
    // Its history has no key; and nobody must see half of a transaction, not even at the beginning.
    snapshot: 'never',
    schemaChanges,
    queue: { maxChanges: 40, maxBytes: 20_000 },
    batch: { maxRows: 11, maxBytes: 100_000 },
  });
