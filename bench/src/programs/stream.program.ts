/** Our stream between two servers. */
import { createStream } from '@millrace/core';
import { postgresSource } from '@millrace/postgres-source';
import { postgresSink } from '@millrace/sql-sink/postgres';
import type { StreamTask } from './stream-task.ts';
import { streamingProgram } from './streaming-program.ts';
import { textOnly } from './text-only.ts';
import { transforms } from './transforms.ts';

const task: StreamTask = JSON.parse(process.argv[2] ?? '');
const sink = postgresSink({ connection: task.target });
const stream = createStream({
  id: task.id,
  source: postgresSource(task.source),
  // With a transform values come as text anyway.
  sink: task.form === 'text' && task.transform === null ? textOnly(sink) : sink,
  tables: task.tables,
  // What is measured is the log; both sides have the same rows before.
  snapshot: 'never',
  ...(task.transform === null ? {} : { transform: transforms[task.transform] }),
});
await streamingProgram(stream, task.profile);
