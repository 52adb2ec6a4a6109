import { qualifiedName, type Relation, type SinkContext } from '@millrace/core';
import type { PostgresSession } from '@millrace/postgres-client';
import { wantedTable } from '../../policies/wanted-table.ts';
import { StructureBuilder } from '../../structure/structure-builder.ts';
import { makesStructure } from '../../structure/structure-option.ts';
import type { TargetNames } from '../../target/target-names.ts';
import { readPreparedTables } from '../checkpoint/prepared-tables.ts';
import type { PostgresSinkSettings } from '../postgres-sink-options.ts';
import { advanceSequences } from '../sequences/advance-sequences.ts';
import type { SinkConnection } from '../sink-connection.ts';
import { StructureMaker } from '../structure/make-structure.ts';
import type { WriteModes } from '../write/write-modes.ts';
import { prepareTables } from './prepare-tables.ts';
import { requireEmpty } from './require-empty.ts';
import { requireNoStricter } from './require-no-stricter.ts';

export interface TargetTablesOptions {
  readonly settings: PostgresSinkSettings;
  readonly modes: WriteModes;
  readonly names: TargetNames;
  readonly context: SinkContext;
  readonly openSession: (signal: AbortSignal) => Promise<PostgresSession>;
}

/** How long advancing sequences may take while the sink closes, in milliseconds. */
const sequencesTimeout = 3_000;

/** What a sink that is open makes of target tables beside writing their rows: they are made ready, and made complete. */
export class TargetTables {
  readonly #options: TargetTablesOptions;
  readonly #structure: StructureBuilder | null;

  constructor(options: TargetTablesOptions) {
    const { settings, names, context, openSession } = options;
    const { structure: option, schema, name } = settings;
    this.#options = options;
    const maker = new StructureMaker({
      openSession,
      option,
      name: `${schema} ${context.streamId} ${name}`,
      names,
      context,
    });
    this.#structure = makesStructure(option)
      ? new StructureBuilder({ make: (...live) => maker.make(...live), report: context.report })
      : null;
  }

  /** As `Sink.prepare`, before any rows. */
  async prepare(
    { session, claim, saved }: SinkConnection,
    relations: readonly Relation[],
    phase: 'snapshot' | 'stream',
    signal: AbortSignal,
  ): Promise<void> {
    const { settings, names, context } = this.#options;
    const prepared = phase === 'snapshot' ? await readPreparedTables(session, claim, signal) : null;
    const written = this.#written(relations);
    /** Nothing of the table has been copied. */
    const isUntouched = (relation: Relation) =>
      (saved.tables[qualifiedName(relation)]?.state ?? 'pending') === 'pending';
    const isDue = (relation: Relation) => (name: string) => prepared?.has(name) === false && isUntouched(relation);
    const wanted = written.map((relation) => wantedTable(settings, names, relation, isDue(relation)));
    await prepareTables(session, wanted, claim, context, signal);
    if (phase !== 'snapshot') return;
    await requireEmpty(session, this.#named(written.filter(isUntouched)), signal);
    await requireNoStricter(session, this.#named(written), signal);
  }

  /** Tables that are live get what they lack, beside the stream. */
  follow({ saved }: SinkConnection): void {
    const { modes, context } = this.#options;
    // What the source says of a table does not hold for one of other rows.
    const same = (relation: Relation) => modes.relation(relation) === relation;
    const isLive = (relation: Relation) => saved.tables[qualifiedName(relation)]?.state === 'live';
    this.#structure?.follow(context.relations.filter(isLive).filter(same));
  }

  async settled(signal: AbortSignal): Promise<void> {
    await this.#structure?.settled(signal);
  }

  async advanceSequences(relations: readonly Relation[], signal: AbortSignal): Promise<void> {
    const { settings, context, openSession } = this.#options;
    if (settings.sequences === 'leave') return;
    await using session = await openSession(signal);
    await advanceSequences(session, this.#named(relations), context.report, signal);
  }

  /** Ends what is made beside the stream. */
  async close(): Promise<void> {
    await this.#structure?.close();
  }

  /** Whoever stops a stream may insert at the target next. Never rejects: what was written is durable. */
  async advanceLast(): Promise<void> {
    const { context } = this.#options;
    await this.advanceSequences(context.relations, AbortSignal.timeout(sequencesTimeout)).catch((error) =>
      context.report({
        type: 'warning',
        code: 'SEQUENCE_NOT_ADVANCED',
        message: `Sequences of the target were not advanced: ${error instanceof Error ? error.message : String(error)}`,
        details: {},
      }),
    );
  }

  #written(relations: readonly Relation[]): readonly Relation[] {
    return relations.map((relation) => this.#options.modes.relation(relation));
  }

  #named(relations: readonly Relation[]): readonly Relation[] {
    return relations.map((relation) => this.#options.names.of(relation));
  }
}
