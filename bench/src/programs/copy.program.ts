/** Our stream between two PostgreSQL servers, which copies tables. */
import { createStream } from '@millrace/core';
import { postgresSource } from '@millrace/postgres-source';
import { postgresSink } from '@millrace/sql-sink/postgres';
import type { PostgresCopyTask } from './copy-task.ts';
import { copyingProgram } from './copying-program.ts';

const task: PostgresCopyTask = JSON.parse(process.argv[2] ?? '');
const { id, source, target, tables, concurrency } = task;
const stream = createStream({
  id,
  source: postgresSource(source),
  sink: postgresSink({ connection: target }),
  tables,
  copy: { concurrency },
});
await copyingProgram(stream, task);
