/** Our stream from PostgreSQL to MySQL or MariaDB, which copies tables and ends. */
import { createStream } from '@millrace/core';
import { postgresSource } from '@millrace/postgres-source';
import { mysqlSink } from '@millrace/sql-sink/mysql';
import type { PostgresCopyTask } from './copy-task.ts';
import { copyingProgram } from './copying-program.ts';

const task: PostgresCopyTask = JSON.parse(process.argv[2] ?? '');
const { id, source, target, tables, concurrency } = task;
const stream = createStream({
  id,
  source: postgresSource(source),
  sink: mysqlSink({ connection: target }),
  tables,
  snapshot: 'only',
  copy: { concurrency },
});
await copyingProgram(stream, task);
