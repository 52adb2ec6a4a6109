/** Runs the stream of the ledger until it is told to stop, or killed. */
import { instruction, report } from '../../harness/program-channel.ts';
import { type LedgerOptions, ledgerStream } from './ledger.ts';

const stream = ledgerStream(JSON.parse(process.argv[2] ?? '{}') as LedgerOptions);
stream.on('error', ({ code, message }) => process.stderr.write(`${code}: ${message}\n`));
void instruction('stop').then(async () => {
  await stream.stop();
  await report('stopped');
  process.disconnect();
});
// A server may not have noticed yet that the process before is gone: whoever runs it tries again, as a supervisor would.
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
