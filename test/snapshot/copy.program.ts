/** Copies the shop until it is killed or told to stop. */
import { instruction, report } from '../harness/program-channel.ts';
import { type ShopStreamOptions, shopStream } from './shop-stream.ts';

const stream = shopStream(JSON.parse(process.argv[2] ?? '{}') as ShopStreamOptions);
stream.on('error', ({ code, message }) => process.stderr.write(`${code}: ${message}\n`));
stream.on('handover', ({ table }) => void report('handover', table).catch(() => {}));
void instruction('stop').then(async () => {
  await stream.stop();
  await report('stopped', stream.stats().source.rows);
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
