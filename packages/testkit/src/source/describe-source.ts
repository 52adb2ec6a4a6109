import { type ConformanceSuite, describeSuite, type WorldFactory } from '../conformance-suite.ts';
import type { TestRunner } from '../test-runner.ts';
import { copyCases } from './copy-cases.ts';
import { descriptionCases } from './description-cases.ts';
import { lifecycleCases } from './lifecycle-cases.ts';
import { logCases } from './log-cases.ts';
import { selectionCases } from './selection-cases.ts';
import { sideCases } from './side-cases.ts';
import { SourceSubject } from './source-subject.ts';
import type { SourceWorld } from './source-world.ts';
import { waitingCases } from './waiting-cases.ts';
import { workloadCases } from './workload-cases.ts';

export const sourceSuite: ConformanceSuite<SourceWorld, SourceSubject> = {
  name: 'source',
  cases: [
    ...logCases,
    ...lifecycleCases,
    ...copyCases,
    ...selectionCases,
    ...descriptionCases,
    ...sideCases,
    ...waitingCases,
    ...workloadCases,
  ],
  subject: (world, injector) => new SourceSubject(world, injector),
  release: (subject) => subject.release(),
};

/** What a `Source` must do, as far as its capabilities say that it does. */
export const describeSource = (factory: WorldFactory<SourceWorld>, runner: TestRunner): void =>
  describeSuite(sourceSuite, factory, runner);
