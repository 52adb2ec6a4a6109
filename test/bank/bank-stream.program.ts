/** Runs the bank's stream until it is told to stop, or killed. */
import { instruction, report } from '../harness/program-channel.ts';
import { type BankStreamOptions, bankStream } from './bank-stream.ts';

const stream = bankStream(JSON.parse(process.argv[2] ?? '{}') as BankStreamOptions);
stream.on('status', ({ status }) => void report('status', status).catch(() => {}));
stream.on('error', ({ code, message }) => process.stderr.write(`${code}: ${message}\n`));
void instruction('stop').then(async () => {
  await stream.stop();
  await report('stopped');
  process.disconnect();
});
// A server may be down when this process starts: whoever runs it tries again, as a supervisor would.
for (;;) {
  try {
    await stream.start();
    break;
  } catch (error) {
    if (stream.status === 'failed-permanently') throw error;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
await report('running');
