import * as core from '@millrace/core';
import * as source from '@millrace/postgres-source';
import * as sink from '@millrace/sql-sink/postgres';
import { runStream } from './run-stream.cjs';

await runStream({ ...core, ...source, ...sink });
