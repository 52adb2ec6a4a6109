/**
 * A live stream between two private servers: killed and restarted in the middle of the work, paused and resumed on the way,
 * and compared row by row at the end. From PostgreSQL a database with rows in it is copied while it is at work, then followed;
 * with `--schema` columns are added, renamed and retyped meanwhile. From MySQL or MariaDB (`--source`) everything comes from
 * the log: the source cannot copy existing rows yet.
 */
import { parseArgs } from 'node:util';
import { runMysqlDemo } from './mysql-demo.ts';
import { runPostgresDemo } from './postgres-demo.ts';

const { values } = parseArgs({
  args: process.argv.slice(2).filter((word) => word !== '--'),
  options: { schema: { type: 'boolean', default: false }, source: { type: 'string', default: 'postgres' } },
});
const interrupted = new AbortController();
process.once('SIGINT', () => interrupted.abort());
process.once('SIGTERM', () => interrupted.abort());
const { signal } = interrupted;

const run = (): Promise<number> => {
  const { source, schema } = values;
  if (source === 'postgres') return runPostgresDemo(schema, signal);
  if (source !== 'mysql' && source !== 'mariadb') throw new Error('--source is postgres, mysql or mariadb');
  if (schema) throw new Error('--schema is for --source postgres');
  return runMysqlDemo(source, signal);
};

try {
  process.exitCode = await run();
} catch (error) {
  if (!signal.aborted) throw error;
  process.stdout.write('\ninterrupted; everything is stopped\n');
  process.exitCode = 130;
}
