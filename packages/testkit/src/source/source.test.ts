import { describeMutants } from '../mutants.test-support.ts';
import { capableMutants } from './capable-mutants.test-support.ts';
import { copyMutants } from './copy-mutants.test-support.ts';
import { sourceSuite } from './describe-source.ts';
import { lifecycleMutants } from './lifecycle-mutants.test-support.ts';
import { logMutants } from './log-mutants.test-support.ts';
import { workloadMutants } from './workload-mutants.test-support.ts';

describeMutants(sourceSuite, [
  ...logMutants,
  ...lifecycleMutants,
  ...copyMutants,
  ...workloadMutants,
  ...capableMutants,
]);
