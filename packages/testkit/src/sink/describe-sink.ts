import { type ConformanceSuite, describeSuite, type WorldFactory } from '../conformance-suite.ts';
import type { TestRunner } from '../test-runner.ts';
import { checkpointCases } from './checkpoint-cases.ts';
import { copyCases } from './copy-cases.ts';
import { endingCases } from './ending-cases.ts';
import { evolutionCases } from './evolution-cases.ts';
import { replayCases } from './replay-cases.ts';
import { rowCases } from './row-cases.ts';
import { sideCases } from './side-cases.ts';
import { SinkSubject } from './sink-subject.ts';
import type { SinkWorld } from './sink-world.ts';
import { targetCases } from './target-cases.ts';
import { transactionCases } from './transaction-cases.ts';
import { workloadCases } from './workload-cases.ts';

export const sinkSuite: ConformanceSuite<SinkWorld, SinkSubject> = {
  name: 'sink',
  cases: [
    ...rowCases,
    ...checkpointCases,
    ...transactionCases,
    ...endingCases,
    ...copyCases,
    ...replayCases,
    ...evolutionCases,
    ...sideCases,
    ...targetCases,
    ...workloadCases,
  ],
  subject: (world, injector) => new SinkSubject(world, injector),
  release: (subject) => subject.release(),
};

/** What a `Sink` must do, as far as its capabilities say that it does. */
export const describeSink = (factory: WorldFactory<SinkWorld>, runner: TestRunner): void =>
  describeSuite(sinkSuite, factory, runner);
