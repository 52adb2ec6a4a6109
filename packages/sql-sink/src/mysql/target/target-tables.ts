import { type Checkpoint, qualifiedName, type Relation, type SinkContext } from '@millrace/core';
import type { ScriptSession } from '@millrace/mysql-client';
import { wantedTable } from '../../policies/wanted-table.ts';
import { StructureBuilder } from '../../structure/structure-builder.ts';
import { makesStructure, structuredTables } from '../../structure/structure-option.ts';
import type { TargetNames } from '../../target/target-names.ts';
import type { Claim } from '../checkpoint/checkpoint-sql.ts';
import { readPreparedTables } from '../checkpoint/prepared-tables.ts';
import type { MysqlSinkSettings } from '../mysql-sink-options.ts';
import { StructureMaker } from '../structure/make-structure.ts';
import { additionsOf, type TableAdditions } from '../structure/table-additions.ts';
import { prepareTables } from './prepare-tables.ts';
import { requireEmpty } from './require-empty.ts';
import { requireNoStricter } from './require-no-stricter.ts';

export interface TargetTablesOptions {
  readonly settings: MysqlSinkSettings;
  readonly names: TargetNames;
  readonly context: SinkContext;
  readonly openSession: (signal: AbortSignal) => Promise<ScriptSession>;
}

/** The connection that writes. */
interface Writing {
  readonly session: ScriptSession;
  readonly claim: Claim;
  readonly saved: Pick<Checkpoint, 'tables'>;
}

/** What a sink that is open makes of target tables beside writing their rows: they are made ready, and made complete. */
export class TargetTables {
  readonly #options: TargetTablesOptions;
  readonly #structure: StructureBuilder | null;

  constructor(options: TargetTablesOptions) {
    const { settings, names, context, openSession } = options;
    const { structure: option, schema, name } = settings;
    this.#options = options;
    const own = `${schema} ${context.streamId} ${name}`;
    const maker = new StructureMaker({ openSession, option, name: own, names, context });
    this.#structure = makesStructure(option)
      ? new StructureBuilder({ make: (...live) => maker.make(...live), report: context.report })
      : null;
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
    const additions = await this.#additions(relations, signal);
    await prepareTables(session, wanted, claim, context, signal, additions);
    if (phase !== 'snapshot') return;
    const untouched = wanted.filter(({ name }) => isUntouched(name)).map(({ relation }) => relation);
    await requireEmpty(session, untouched, signal);
    await requireNoStricter(session, wanted, signal);
  }

  /** Tables that are live get what they lack, beside the stream. */
  follow({ saved }: Writing): void {
    const isLive = (relation: Relation) => saved.tables[qualifiedName(relation)]?.state === 'live';
    this.#structure?.follow(this.#options.context.relations.filter(isLive));
  }

  async settled(signal: AbortSignal): Promise<void> {
    await this.#structure?.settled(signal);
  }

  /** Ends what is made beside the stream. */
  async close(): Promise<void> {
    await this.#structure?.close();
  }

  async #additions(relations: readonly Relation[], signal: AbortSignal): Promise<ReadonlyMap<string, TableAdditions>> {
    const { settings, names, context } = this.#options;
    const tables = await structuredTables(settings.structure, context, relations, names, signal);
    return additionsOf(tables);
  }
}
