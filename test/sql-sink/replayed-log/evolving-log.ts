import type {
  ChangeBatch,
  Checkpoint,
  Position,
  SchemaChangesOption,
  Sink,
  Source,
  TableEvolution,
} from '@millrace/core';
import { batchEnd, rebatch } from '../../../packages/core/src/model/change-batch.ts';
import { withShapes } from '../../../packages/core/src/schema/known-shapes.ts';
import { SchemaTracker } from '../../../packages/core/src/schema/schema-tracker.ts';
import { type StorageFinding, StorageWatch } from '../../../packages/core/src/schema/storage-watch.ts';
import { StreamEvolution } from '../../../packages/core/src/schema/stream-evolution.ts';
import { mapTables, type Tables } from '../../../packages/core/src/snapshot/table-progress.ts';
import { StreamProgress } from '../../../packages/core/src/stream/stream-progress.ts';
import type { DeliveryUnit } from './delivery-units.ts';
import type { LoggedSource } from './logged-source.ts';

const live = { state: 'live', from: '0/0', ranges: [], through: null } as const;

/** What a stream does to a log whose tables change before its sink gets it. */
export class EvolvingLog {
  readonly #tracker: SchemaTracker;
  readonly #progress: StreamProgress;
  readonly #evolution: StreamEvolution;
  readonly #watch: StorageWatch;
  /** Tables whose rows may differ from those of the source: a stream would copy them anew. */
  readonly rewritten = new Set<string>();

  private constructor(
    source: Source,
    sink: Sink,
    known: Tables,
    position: Position,
    schemaChanges: SchemaChangesOption,
  ) {
    const checkpoint = { position, tables: known } as unknown as Checkpoint;
    this.#tracker = new SchemaTracker(known, (table) => Object.hasOwn(known, table));
    this.#progress = new StreamProgress(checkpoint, { save: async () => {}, afterWrite() {} }, source);
    this.#evolution = new StreamEvolution({
      settings: { schemaChanges, source, tables: [] },
      sink,
      progress: this.#progress,
      added: new Map(),
      report: ({ code, details }) => code === 'ROWS_NOT_REWRITTEN' && this.rewritten.add(String(details.table)),
      isCaptured: (table) => Object.hasOwn(known, table),
      isLeftOut: () => false,
      onMet: () => {},
      rewritten: 'warn',
    });
    const onFinding = async ({ table, storage, isRewritten }: StorageFinding) => {
      if (isRewritten) this.rewritten.add(table);
      const { tables } = this.#progress.checkpoint;
      this.#progress.committed(mapTables(tables, (each, name) => (name === table ? { ...each, storage } : each)));
    };
    const progress = this.#progress;
    const [onGone, onBack] = [() => {}, async () => {}];
    this.#watch = new StorageWatch({ source, progress, onFinding, onGone, onBack, mayBeTold: false });
  }

  /** From here on, with tables as they are now. */
  static async begin(
    logged: LoggedSource,
    sink: Sink,
    names: readonly string[],
    schemaChanges: SchemaChangesOption,
  ): Promise<EvolvingLog> {
    const { source, position } = logged;
    const tables = names.map((name) => `public.${name}`);
    const stored = await source.describeStorage?.(tables);
    const known = withShapes(Object.fromEntries(tables.map((table) => [table, live])), await logged.describe(), stored);
    return new EvolvingLog(source, sink, known, position, schemaChanges);
  }

  /** Compares what is stored with what was. */
  look(): Promise<void> {
    return this.#watch.look();
  }

  /** A batch with what it says of the shapes of its tables. */
  observe(batch: ChangeBatch): ChangeBatch {
    return { ...rebatch(batch, batchEnd(batch)), schemaChanges: this.#tracker.observe(batch) };
  }

  /** With what the target has to do first. */
  async evolve(
    unit: DeliveryUnit,
  ): Promise<readonly (ChangeBatch & { readonly evolutions?: readonly TableEvolution[] })[]> {
    const evolved = [];
    for (const batch of unit) {
      const evolutions = await this.#evolution.evolve(batch.schemaChanges);
      evolved.push(evolutions.length === 0 ? batch : { ...batch, evolutions });
      if (batch.position === null) continue;
      await this.#progress.wrote(this.#progress.next(batch.position));
      this.#evolution.durable();
    }
    return evolved;
  }
}
