/**
 * A sink of your own that commits rows and checkpoint together: tables of PostgreSQL in a SQLite file. The database is in
 * memory and every group writes all of it to the file, which suits small ones. Usage: sqlite-sink POSTGRES_URL FILE
 */
import { createStream } from '@millrace/core';
import { postgresSource } from '@millrace/postgres-source';
import { sqliteSink } from './sink.ts';
import { SqliteFile } from './sqlite-file.ts';

const [connection = '', path = 'copy.sqlite'] = process.argv.slice(2);
await using stream = createStream({
  id: 'to-sqlite',
  source: postgresSource({ connection }),
  sink: sqliteSink(new SqliteFile(path)),
});
await stream.start();
process.stdout.write('running\n');
await new Promise((resolve) => process.once('SIGTERM', resolve));
