/** Our stream from a binlog into a sink that does nothing. */
import { nullSink } from '@millrace/core';
import { readBinlog } from './binlog-stream.ts';
import type { BinlogTask } from './binlog-task.ts';
import { readingProgram } from './reading-program.ts';

await readingProgram(async (task: BinlogTask) => ({ ...(await readBinlog(task, nullSink())), sum: null }));
