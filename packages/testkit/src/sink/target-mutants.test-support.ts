import { qualifiedName, type Relation, type SchemaPlan, type SinkBatch, type SinkContext } from '@millrace/core';
import type { Mutant } from '../mutants.test-support.ts';
import { MemorySink } from './memory-sink.test-support.ts';
import { ChangesMemorySink } from './memory-sink-forms.test-support.ts';
import type { SinkWorld } from './sink-world.ts';
import { wrong } from './wrong-sink.test-support.ts';

class ReplayingNothing extends ChangesMemorySink {
  override write(batch: SinkBatch, signal: AbortSignal) {
    const { catchingUp: _, ...rest } = batch;
    return super.write(rest as SinkBatch, signal);
  }
}

class KeepingWhatWasThere extends MemorySink {
  override write(batch: SinkBatch, signal: AbortSignal) {
    const changes = [...batch.changes].filter(({ op }) => op !== 'truncate');
    return super.write({ ...batch, changes } as SinkBatch, signal);
  }
}

class ComparingNothing extends MemorySink {
  override async recheck() {
    return null;
  }
}

class KeepingWhatIsGone extends MemorySink {
  override async recheck(relation: Relation, where: string | null, signal: AbortSignal) {
    const there = this.target.tables.get(qualifiedName(relation)) ?? new Map();
    const through = await super.recheck(relation, where, signal);
    const rows = this.rowsOf(this.target.tables, qualifiedName(relation));
    for (const [key, row] of there) if (!rows.has(key)) rows.set(key, row);
    return through;
  }
}

class ComparingEveryRow extends MemorySink {
  override recheck(relation: Relation, _where: string | null, signal: AbortSignal) {
    return super.recheck(relation, null, signal);
  }
}

class PlanningByDoing extends MemorySink {
  override async plan(context: SinkContext) {
    const plan = await super.plan(context);
    for (const relation of context.relations) this.rowsOf(this.target.tables, qualifiedName(relation));
    return plan;
  }
}

class AlwaysPlanning extends MemorySink {
  override async plan(): Promise<SchemaPlan> {
    return { statements: [{ table: 'testkit.items', kind: 'create-table', sql: 'CREATE TABLE testkit.items' }] };
  }
}

class NeverSettling extends MemorySink {
  override settle() {
    return new Promise<void>(() => {});
  }
}

class DeafWhileSettling extends MemorySink {
  override settle(signal: AbortSignal) {
    return signal.aborted ? new Promise<void>(() => {}) : super.settle(signal);
  }
}

class CopiedSomehow extends MemorySink {
  override copies() {
    return 'somehow' as never;
  }
}

const replays = 'replays changes over rows that came as changes, and reads again what it misses';
const exactly = 'takes a table that is copied exactly as one transaction, in place of the rows that were there';
const compares = 'compares the rows that are there with their source, and has what that has';
const plans = 'plans what a start runs, and runs nothing of it';
const settles = 'settles when nothing is being made of live tables, and at once when it is aborted';

export const targetMutants: readonly Mutant<SinkWorld>[] = [
  wrong('replays nothing', [replays], ReplayingNothing),
  wrong('keeps rows from before an exact copy', [exactly], KeepingWhatWasThere),
  wrong('compares nothing', [compares], ComparingNothing),
  wrong('keeps what its source does not have', [compares], KeepingWhatIsGone),
  wrong('compares rows that it was not asked to', [compares], ComparingEveryRow),
  wrong('runs what it plans', [plans], PlanningByDoing),
  wrong('plans what is there', [plans], AlwaysPlanning),
  wrong('never settles', [settles], NeverSettling),
  wrong('settles whether it is aborted or not', [settles], DeafWhileSettling),
  wrong('copies somehow', ['says how each table may be copied'], CopiedSomehow),
];
