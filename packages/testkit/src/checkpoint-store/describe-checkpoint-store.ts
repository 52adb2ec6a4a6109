import { type ConformanceSuite, describeSuite, type WorldFactory } from '../conformance-suite.ts';
import type { TestRunner } from '../test-runner.ts';
import { type CheckpointStoreSubject, checkpointStoreCases } from './checkpoint-store-cases.ts';
import type { CheckpointStoreWorld } from './checkpoint-store-world.ts';
import { StoreOwner } from './store-owner.ts';

export const checkpointStoreSuite: ConformanceSuite<CheckpointStoreWorld, CheckpointStoreSubject> = {
  name: 'checkpoint store',
  cases: checkpointStoreCases,
  subject: (world, injector) => ({
    world,
    owner: (streamId = 'stream', sink = 'sink') => new StoreOwner(world, injector, streamId, sink),
  }),
};

/** What a `CheckpointStore` must do. */
export const describeCheckpointStore = (factory: WorldFactory<CheckpointStoreWorld>, runner: TestRunner): void =>
  describeSuite(checkpointStoreSuite, factory, runner);
