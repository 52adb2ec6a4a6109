/** Our stream between MySQL and MariaDB servers. */
import { createStream } from '@millrace/core';
import { mysqlSource } from '@millrace/mysql-source';
import { mysqlSink } from '@millrace/sql-sink/mysql';
import type { BinlogStreamTask } from './binlog-task.ts';
import { streamingProgram } from './streaming-program.ts';

const task: BinlogStreamTask = JSON.parse(process.argv[2] ?? '');
const stream = createStream({
  id: task.id,
  source: mysqlSource({ connection: task.connection }),
  sink: mysqlSink({ connection: task.target }),
  tables: task.tables,
  snapshot: 'never',
});
await streamingProgram(stream, task.profile);
