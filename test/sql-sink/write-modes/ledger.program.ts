/** Runs the stream of the ledger until it is told to stop, or killed. */
import { runStream } from '../../harness/run-stream.ts';
import { type LedgerOptions, ledgerStream } from './ledger.ts';

await runStream(ledgerStream(JSON.parse(process.argv[2] ?? '{}') as LedgerOptions));
