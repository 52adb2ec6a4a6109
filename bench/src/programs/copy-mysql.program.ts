/** Our stream from MySQL or MariaDB to PostgreSQL, which copies tables and makes them at the target. */
import { createStream } from '@millrace/core';
import { mysqlSource } from '@millrace/mysql-source';
import { postgresSink } from '@millrace/sql-sink/postgres';
import type { MysqlCopyTask } from './copy-task.ts';
import { copyingProgram } from './copying-program.ts';

const task: MysqlCopyTask = JSON.parse(process.argv[2] ?? '');
const { id, source, target, tables, concurrency } = task;
const stream = createStream({
  id,
  source: mysqlSource(source),
  sink: postgresSink({ connection: target, targetSchema: 'public' }),
  tables,
  copy: { concurrency },
});
await copyingProgram(stream, task);
