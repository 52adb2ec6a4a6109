import { type ChangeBatch, type Chunk, MillraceError, type Relation } from '@millrace/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SinkUnderTest } from '../../packages/sql-sink/src/postgres/testing/sink-under-test.ts';
import { createDatabase, sharedPostgres, type TestDatabase } from '../harness/index.ts';
import { type ChunkFormat, CopiedTables } from './copied-log/copied-tables.ts';
import { type DeliveryUnit, deliveryUnits } from './replayed-log/delivery-units.ts';
import { LoggedSource } from './replayed-log/logged-source.ts';
import { statements } from './replayed-log/logged-statements.ts';
import { type TableName, tableNames, targetTables } from './replayed-log/logged-tables.ts';
import { rowsOf } from './replayed-log/target-pair.ts';

const runs = Math.ceil(Number(process.env.MILLRACE_TEST_RUNS ?? 30) / 3);

/** What can be copied: not the table without a key. */
const copied: readonly TableName[] = tableNames.filter((name) => name !== 'entries');

/** A moment of the history: a transaction at the source, or a piece of a table that is copied. */
type Moment =
  | { readonly kind: 'transaction'; readonly statements: readonly string[] }
  | { readonly kind: 'chunk'; readonly pick: number; readonly format: ChunkFormat };

const transaction = fc.record({
  kind: fc.constant('transaction' as const),
  statements: fc.array(statements(true), { minLength: 1, maxLength: 6 }),
});
const chunk = fc.record({
  kind: fc.constant('chunk' as const),
  pick: fc.nat(1_000),
  format: fc.constantFrom<ChunkFormat>('postgres-text', 'postgres-binary', 'rows'),
});
const history = fc.array(fc.oneof(transaction, chunk), { minLength: 5, maxLength: 40 });

/** Where the ranges of each table end: places of rows. */
const cuts = fc.uniqueArray(fc.integer({ min: 1, max: 40 }), { maxLength: 4 });

interface Piece {
  readonly relation: Relation;
  readonly condition: string;
  readonly range: { readonly from: string | null; readonly to: string | null };
}

const piecesOf = (relations: readonly Relation[], ends: readonly number[]): readonly Piece[] => {
  const places = [...ends].sort((a, b) => a - b).map((row) => `(${Math.floor(row / 20)},${row % 20})`);
  return relations
    .filter(({ table }) => copied.some((name) => name === table))
    .flatMap((relation) =>
      [...places, null].map((to, at) => {
        const start = places[at - 1] ?? null;
        const conditions = [
          ...(start === null ? [] : [`ctid >= '${start}'`]),
          ...(to === null ? [] : [`ctid < '${to}'`]),
        ];
        const condition = conditions.length === 0 ? 'true' : conditions.join(' AND ');
        return { relation, condition, range: { from: start, to } };
      }),
    );
};

/** Runs the history; chunks that it does not come to are read at its end. Returns the log from its begin. */
const run = async (
  source: LoggedSource,
  moments: readonly Moment[],
  left: Piece[],
  take: (piece: Piece, format: ChunkFormat) => Promise<void>,
): Promise<readonly ChangeBatch[]> => {
  for (const moment of moments) {
    if (moment.kind === 'transaction') await source.run(moment, async () => {});
    else {
      const [piece] = left.splice(moment.pick % (left.length || 1), 1);
      if (piece !== undefined) await take(piece, moment.format);
    }
  }
  for (const piece of left) await take(piece, 'postgres-text');
  return source.read();
};

const catchingUp = new Set(copied.map((name) => `public.${name}`));

const deliver = async (sink: SinkUnderTest, unit: DeliveryUnit, open: () => Promise<unknown>): Promise<void> => {
  for (let attempt = 1; ; attempt++) {
    try {
      for (const batch of unit) await sink.writeBatch(batch, undefined, catchingUp);
      return;
    } catch (error) {
      if (!(error instanceof MillraceError) || error.code !== 'SEQUENTIAL_NEEDED' || attempt === 2) throw error;
      await open();
    }
  }
};

const replayedRows = async (database: TestDatabase, columns: ReadonlyMap<string, string>) => {
  const { entries, ...rows } = await rowsOf(database, columns);
  return rows;
};

describe.each([
  { wire: 'text', formats: [] },
  { wire: 'binary', formats: ['postgres-binary'] },
])('a log read as $wire', ({ formats }) => {
  it.each([{ alwaysSequentially: false }, { alwaysSequentially: true }])(
    'replayed over rows that were copied at any moments of it leaves those of the source: one at a time $alwaysSequentially',
    async ({ alwaysSequentially }) => {
      await using source = await LoggedSource.start(formats);
      await using target = await createDatabase(sharedPostgres());
      const tables = new CopiedTables(await source.database.connect());
      const property = fc.asyncProperty(
        history,
        cuts,
        fc.array(fc.boolean(), { minLength: 1, maxLength: 8 }),
        fc.nat(100),
        async (moments, ends, groups, suffix) => {
          await target.query(
            `DROP SCHEMA IF EXISTS millrace CASCADE; DROP SCHEMA public CASCADE; CREATE SCHEMA public; ${targetTables}`,
          );
          await source.reset();
          await source.read();
          const relations = await source.describe();
          const reselect = tables.reselect(relations);
          await using sink = new SinkUnderTest({ connection: target.url }, { alwaysSequentially });
          await sink.open({ relations, reselect });
          const { signal } = new AbortController();
          const batches = await run(source, moments, [...piecesOf(relations, ends)], async (piece, format) => {
            const read: Chunk = await tables.chunk(piece.relation, piece.condition, format, { range: piece.range });
            await sink.sink.writeChunk?.(read, signal);
          });
          const units = deliveryUnits(batches, groups);
          const reopen = () => sink.reopen({ relations, reselect });
          for (const unit of units) await deliver(sink, unit, reopen);
          const columns = await source.columns();
          const rows = await replayedRows(source.database, columns);
          expect(await replayedRows(target, columns)).toEqual(rows);
          for (const unit of units.slice(suffix % units.length)) await deliver(sink, unit, reopen);
          expect(await replayedRows(target, columns)).toEqual(rows);
        },
      );
      await fc.assert(property, { numRuns: runs });
    },
    3_600_000,
  );
});
