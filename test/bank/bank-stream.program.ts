/** Runs the bank's stream until it is told to stop, or killed. */
import { report } from '@millrace/testkit/processes';
import { runStream } from '../harness/run-stream.ts';
import { type BankStreamOptions, bankStream } from './bank-stream.ts';

const stream = bankStream(JSON.parse(process.argv[2] ?? '{}') as BankStreamOptions);
stream.on('status', ({ status }) => void report('status', status).catch(() => {}));
await runStream(stream);
