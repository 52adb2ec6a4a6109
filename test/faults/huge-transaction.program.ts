/** A stream in a process of its own, so that its memory can be measured; commanded by its test. */
import { createStream } from '@millrace/core';
import { postgresSource } from '@millrace/postgres-source';
import { postgresSink } from '@millrace/sql-sink/postgres';
import { instruction, report } from '@millrace/testkit/processes';

const { source, target, slot } = JSON.parse(process.argv[2] ?? '{}') as Record<'source' | 'target' | 'slot', string>;
const stream = createStream({
  id: 'huge',
  source: postgresSource({ connection: source, slot, publication: 'huge' }),
  sink: postgresSink({ connection: target }),
});
stream.on('error', ({ code, message }) => process.stderr.write(`${code}: ${message}\n`));

const commanded = async (name: 'pause' | 'resume' | 'stop'): Promise<void> => {
  await instruction(name);
  await stream[name]();
  await report(`${name}d`);
};
void (async () => {
  await commanded('pause');
  await commanded('resume');
  await commanded('stop');
  process.disconnect();
})();

await stream.start();
await report('running');
const watching = setInterval(() => {
  if (stream.stats().sink.changes < 100_000) return;
  clearInterval(watching);
  void report('in the middle');
}, 20);
