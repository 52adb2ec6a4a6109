export { fileCheckpointStore } from './checkpoints/file-checkpoint-store.ts';
export { type KeptCheckpoint, newCheckpoint, requireEpoch, takeEpoch } from './checkpoints/kept-checkpoint.ts';
export { memoryCheckpointStore } from './checkpoints/memory-checkpoint-store.ts';
export { OnDemandSession, type OnDemandSessionOptions, type SessionUse } from './connections/on-demand-session.ts';
export { type OpenSession, SessionPool } from './connections/session-pool.ts';
export { StallWatch, type StatementState } from './connections/stall-watch.ts';
export type {
  BackfillProgress,
  Checkpoint,
  CheckpointSource,
  Range,
  RangeProgress,
  SourceIdentity,
  TableProgress,
} from './contracts/checkpoint.ts';
export type { CheckpointStore } from './contracts/checkpoint-store.ts';
export type { ConnectorEvent } from './contracts/connector-event.ts';
export type { EventHub } from './contracts/event-hub.ts';
export type { Logger } from './contracts/logger.ts';
export type {
  SchemaPlan,
  Sink,
  SinkBatch,
  SinkContext,
  StructureWarning,
  TableEvolution,
} from './contracts/sink.ts';
export type {
  BeginContext,
  Chunk,
  CopyPlan,
  CopyRequest,
  ExactCopyRequest,
  LogChanges,
  LogStart,
  ReleaseContext,
  ReselectRequest,
  Source,
  SourceContext,
  StartPoint,
} from './contracts/source.ts';
export type {
  DefaultValue,
  IndexedColumn,
  ReferentialAction,
  StructurePart,
  TableStructures,
} from './contracts/table-structure.ts';
export type { ValidationItem, ValidationReport } from './contracts/validation.ts';
export { coreErrors } from './errors/core-errors.ts';
export { type ErrorTable, errorFactory } from './errors/error-table.ts';
export { type ErrorDescription, MillraceError, type Recovery } from './errors/millrace-error.ts';
export type { FinishReason } from './machine/stream-machine.ts';
export type { Change, ChangeOf, Operation, Schema } from './model/change.ts';
export { type BatchEnd, type ChangeBatch, changeBatch } from './model/change-batch.ts';
export { decodedRow } from './model/decoded-row.ts';
export {
  type EncodedRow,
  type IndexedChanges,
  noRoom,
  noValue,
  type ValuePlaces,
  valuePlaces,
} from './model/indexed-changes.ts';
export { type PackedRow, type UnpackRow, unpackedBy } from './model/packed-row.ts';
export type { Position, Transaction } from './model/position.ts';
export { type Column, qualifiedName, type Relation, type UniqueIndex, type ValueType } from './model/relation.ts';
export { type ChangeParts, createChange } from './model/row-change.ts';
export type { ColumnState, RowImage } from './model/row-image.ts';
export type { ColumnChange, SchemaChange, SchemaChangeKind } from './model/schema-change.ts';
export type { ColumnStorage, StoragePart, TableStorage } from './model/table-storage.ts';
export type {
  BatchOptions,
  CapturedSchema,
  CopyOptions,
  Handlers,
  QueueOptions,
  SpillOption,
  StreamLimits,
  StreamOptions,
  StreamUpdate,
  TableOption,
} from './options/stream-options.ts';
export { type ReplayStep, raisedThrough, replayStep } from './pipeline/replay-step.ts';
export { capturedOperations, capturesColumn, type SelectedTable } from './pipeline/table-selection.ts';
export type { MaskOption } from './projection/mask.ts';
export type { EvolutionStep, SchemaChangeBehavior, SchemaChangesOption } from './schema/schema-policy.ts';
export type { Backfill } from './side/backfill.ts';
export { nullSink } from './sinks/null-sink.ts';
export type { CopyProgress } from './snapshot/copy-report.ts';
export type { HandoverEvent } from './snapshot/handover.ts';
export type { SnapshotState } from './snapshot/stream-snapshot.ts';
export type { SideStatistics, StreamStatistics } from './statistics/stream-statistics.ts';
export { createStream } from './stream/create-stream.ts';
export type { Stream } from './stream/stream.ts';
export type { StreamEvents } from './stream/stream-events.ts';
export type { StreamState, StreamStatus, Waiting } from './stream/stream-state.ts';
