/** Our sink alone: rows that are made in this process, written to a database. */
import { createStream } from '@millrace/core';
import { postgresSink } from '@millrace/sql-sink/postgres';
import { generatedSource } from './generated-source.ts';
import { streamingProgram } from './streaming-program.ts';
import type { WriteTask } from './write-task.ts';

const task: WriteTask = JSON.parse(process.argv[2] ?? '');
const stream = createStream({
  id: 'write',
  source: generatedSource(task.rows),
  sink: postgresSink({ connection: task.target }),
});
await streamingProgram(stream, task.profile);
