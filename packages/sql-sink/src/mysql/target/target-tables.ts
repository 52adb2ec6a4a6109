import type { Checkpoint, Relation, SinkContext } from '@millrace/core';
import type { ScriptSession } from '@millrace/mysql-client';
import { wantedTable } from '../../policies/wanted-table.ts';
import type { TargetNames } from '../../target/target-names.ts';
import type { Claim } from '../checkpoint/checkpoint-sql.ts';
import { readPreparedTables } from '../checkpoint/prepared-tables.ts';
import type { MysqlSinkSettings } from '../mysql-sink-options.ts';
import { prepareTables } from './prepare-tables.ts';
import { requireEmpty } from './require-empty.ts';
import { requireNoStricter } from './require-no-stricter.ts';

export interface TargetTablesOptions {
  readonly settings: MysqlSinkSettings;
  readonly names: TargetNames;
  readonly context: Pick<SinkContext, 'report' | 'missingColumns'>;
}

/** The connection that writes. */
interface Writing {
  readonly session: ScriptSession;
  readonly claim: Claim;
  readonly saved: Pick<Checkpoint, 'tables'>;
}

/** What a sink that is open makes of target tables beside writing their rows. */
export class TargetTables {
  readonly #options: TargetTablesOptions;

  constructor(options: TargetTablesOptions) {
    this.#options = options;
  }

  /** As `Sink.prepare`, before any rows and outside of transactions. */
  async prepare(
    { session, claim, saved }: Writing,
    relations: readonly Relation[],
    phase: 'snapshot' | 'stream',
    signal: AbortSignal,
  ): Promise<void> {
    const { settings, names, context } = this.#options;
    const prepared = phase === 'snapshot' ? await readPreparedTables(session, claim, signal) : null;
    /** Nothing of the table has been copied. */
    const isUntouched = (name: string) => (saved.tables[name]?.state ?? 'pending') === 'pending';
    const isDue = (name: string) => prepared?.has(name) === false && isUntouched(name);
    const wanted = relations.map((relation) => wantedTable(settings, names, relation, isDue));
    await prepareTables(session, wanted, claim, context, signal);
    if (phase !== 'snapshot') return;
    const untouched = wanted.filter(({ name }) => isUntouched(name)).map(({ relation }) => relation);
    await requireEmpty(session, untouched, signal);
    await requireNoStricter(session, wanted, signal);
  }
}
