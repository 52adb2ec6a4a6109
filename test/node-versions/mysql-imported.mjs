import * as core from '@millrace/core';
import * as source from '@millrace/mysql-source';
import * as sink from '@millrace/sql-sink/postgres';
import { runMysqlStream } from './run-mysql-stream.cjs';

await runMysqlStream({ ...core, ...source, ...sink });
