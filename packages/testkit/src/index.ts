export type { CheckpointStoreWorld } from './checkpoint-store/checkpoint-store-world.ts';
export { describeCheckpointStore } from './checkpoint-store/describe-checkpoint-store.ts';
export { describeEventHub } from './event-hub/describe-event-hub.ts';
export type { EventHubLimits, EventHubWorld } from './event-hub/event-hub-world.ts';
export { describeSink } from './sink/describe-sink.ts';
export type { SinkWorld, TargetRow } from './sink/sink-world.ts';
export { describeSource } from './source/describe-source.ts';
export type { OriginChange, OriginRow, SourceWorld } from './source/source-world.ts';
export type { TestRunner } from './test-runner.ts';
