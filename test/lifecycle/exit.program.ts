/** Starts a stream and stops it; then nothing may keep the process alive. */

import { instruction, report } from '@millrace/testkit/processes';
import { type BankStreamOptions, bankStream } from '../bank/bank-stream.ts';

const stream = bankStream(JSON.parse(process.argv[2] ?? '{}') as BankStreamOptions);
await stream.start();
await report('running');
const end = (await instruction('end')) as 'stop' | 'pause' | 'delete';
await stream[end]();
await report('ended');
process.disconnect();
