/** Our stream from MySQL or MariaDB to PostgreSQL. */
import { createStream } from '@millrace/core';
import { mysqlSource } from '@millrace/mysql-source';
import { postgresSink } from '@millrace/sql-sink/postgres';
import type { BinlogStreamTask } from './binlog-task.ts';
import { streamingProgram } from './streaming-program.ts';

const task: BinlogStreamTask = JSON.parse(process.argv[2] ?? '');
const stream = createStream({
  id: task.id,
  source: mysqlSource({ connection: task.connection }),
  sink: postgresSink({ connection: task.target, targetSchema: 'public' }),
  tables: task.tables,
  snapshot: 'never',
});
await streamingProgram(stream, task.profile);
