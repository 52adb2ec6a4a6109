export type { CheckpointStoreWorld } from './checkpoint-store/checkpoint-store-world.ts';
export { describeCheckpointStore } from './checkpoint-store/describe-checkpoint-store.ts';
export type { TestRunner } from './test-runner.ts';
