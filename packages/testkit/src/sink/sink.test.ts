import { describeMutants } from '../mutants.test-support.ts';
import { checkpointMutants } from './checkpoint-mutants.test-support.ts';
import { copyMutants } from './copy-mutants.test-support.ts';
import { sinkSuite } from './describe-sink.ts';
import { rowMutants } from './row-mutants.test-support.ts';
import { targetMutants } from './target-mutants.test-support.ts';
import { transactionMutants } from './transaction-mutants.test-support.ts';
import { workloadMutants } from './workload-mutants.test-support.ts';

describeMutants(sinkSuite, [
  ...rowMutants,
  ...checkpointMutants,
  ...transactionMutants,
  ...copyMutants,
  ...workloadMutants,
  ...targetMutants,
]);
