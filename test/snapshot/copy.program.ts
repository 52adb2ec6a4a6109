/** Copies the shop until it is killed or told to stop. */
import { report } from '@millrace/testkit/processes';
import { runStream } from '../harness/run-stream.ts';
import { type ShopStreamOptions, shopStream } from './shop-stream.ts';

const stream = shopStream(JSON.parse(process.argv[2] ?? '{}') as ShopStreamOptions);
stream.on('handover', ({ table }) => void report('handover', table).catch(() => {}));
await runStream(stream, () => stream.stats().source.rows);
