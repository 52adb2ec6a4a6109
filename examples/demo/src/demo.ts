/**
 * A live stream between two private servers, PostgreSQL unless `--source` or `--target` say `mysql` or `mariadb`: a database
 * with rows in it is copied while it is at work, then followed; killed and restarted in the middle of the work, paused and
 * resumed on the way, and compared row by row at the end. With `--schema`, for PostgreSQL, columns are added, renamed and
 * retyped meanwhile.
 */
import { type DemoOptions, demoOptions } from './demo-options.ts';
import { runDemo } from './run-demo.ts';

const options = (): DemoOptions => {
  try {
    return demoOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    process.exit(2);
  }
};

const interrupted = new AbortController();
process.once('SIGINT', () => interrupted.abort());
process.once('SIGTERM', () => interrupted.abort());
const { signal } = interrupted;

try {
  process.exitCode = await runDemo(options(), signal);
} catch (error) {
  if (!signal.aborted) throw error;
  process.stdout.write('\ninterrupted; everything is stopped\n');
  process.exitCode = 130;
}
