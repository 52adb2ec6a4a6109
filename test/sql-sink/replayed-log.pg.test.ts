import type { ChangeBatch } from '@millrace/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DeliveryUnit, deliveryUnits } from './replayed-log/delivery-units.ts';
import { LoggedSource, type LogStep } from './replayed-log/logged-source.ts';
import { statements } from './replayed-log/logged-statements.ts';
import { tableNames } from './replayed-log/logged-tables.ts';
import { rowsOf, TargetPair } from './replayed-log/target-pair.ts';

const runs = Math.ceil(Number(process.env.MILLRACE_TEST_RUNS ?? 30) / 4);

const limits = fc.record({
  stagedRows: fc.integer({ min: 1, max: 4 }),
  sharedRows: fc.constantFrom(1, 2, 4, 8),
  stagingTables: fc.integer({ min: 1, max: 3 }),
  preparedStatements: fc.integer({ min: 1, max: 5 }),
  messageStatements: fc.integer({ min: 1, max: 8 }),
  messageBytes: fc.constantFrom(100, 5_000, 200_000),
});

/** A step, and whether the log is read behind it, so that a batch ends there. */
interface ReadStep {
  readonly step: LogStep;
  readonly read: boolean;
}

const steps = (handsOver: boolean): fc.Arbitrary<readonly ReadStep[]> => {
  const transaction = fc.record({
    kind: fc.constant('transaction' as const),
    statements: fc.array(statements(handsOver), { minLength: 1, maxLength: 8 }),
  });
  const alter = fc.record({
    kind: fc.constant('alter' as const),
    table: fc.constantFrom(...tableNames),
    action: fc.constantFrom('add' as const, 'drop' as const),
  });
  const step = fc.oneof({ weight: 6, arbitrary: transaction }, { weight: 1, arbitrary: alter });
  return fc.array(fc.record({ step, read: fc.boolean() }), { minLength: 2, maxLength: 10 });
};

const wiresOf = (batches: readonly ChangeBatch[]): ReadonlySet<string | undefined> => {
  const changes = batches.flatMap((batch) => [...batch.changes].filter(({ op }) => op !== 'truncate'));
  return new Set(changes.map(({ image: { after, before } }) => (after ?? before)?.wire));
};

const logOf = async (source: LoggedSource, targets: TargetPair, taken: readonly ReadStep[]) => {
  const batches: ChangeBatch[] = [];
  for (const { step, read } of taken) {
    await source.run(step, (sql) => targets.query(sql));
    if (read) batches.push(...(await source.read()));
  }
  batches.push(...(await source.read()));
  return batches;
};

const deliver = async (targets: TargetPair, units: readonly DeliveryUnit[]): Promise<void> => {
  for (const unit of units) {
    await targets.deliver(unit);
    expect(await rowsOf(targets.inBulk)).toEqual(await rowsOf(targets.oneByOne));
    // A column that is not the stream's stays as it is, in rows that stay.
    await targets.query("UPDATE orders SET extra = 'seen'");
  }
};

describe.each([
  { wire: 'text', formats: [] },
  { wire: 'binary', formats: ['postgres-binary'] },
])('a log read as $wire', ({ wire, formats }) => {
  it.each([
    { handsOver: true, name: 'that hands unique values from row to row' },
    { handsOver: false, name: 'that never needs one change at a time' },
  ])(
    'leaves the rows of the source, the same as one change at a time: $name',
    async ({ handsOver }) => {
      await using source = await LoggedSource.start(formats);
      await using targets = await TargetPair.create();
      const property = fc.asyncProperty(
        steps(handsOver),
        fc.array(fc.boolean(), { minLength: 1, maxLength: 8 }),
        limits,
        async (taken, cuts, bulkLimits) => {
          await targets.reset(bulkLimits);
          await source.reset();
          const batches = await logOf(source, targets, taken);
          expect([...wiresOf(batches)]).toEqual([wire]);
          await deliver(targets, deliveryUnits(batches, cuts));
          const columns = await source.columns();
          expect(await rowsOf(targets.inBulk, columns)).toEqual(await rowsOf(source.database, columns));
          expect(targets.codes.filter((code) => !(handsOver && code === 'SEQUENTIAL_FALLBACK'))).toEqual([]);
        },
      );
      await fc.assert(property, { numRuns: runs });
    },
    3_600_000,
  );
});
