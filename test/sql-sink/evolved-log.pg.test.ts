import type { ChangeBatch } from '@millrace/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changingStatements, everyValue, someValue } from '../schema/random/changing-statements.ts';
import { changingTables } from '../schema/random/changing-tables.ts';
import { columnsOf } from '../schema/random/columns.ts';
import { deliveryUnits } from './replayed-log/delivery-units.ts';
import { EvolvingLog } from './replayed-log/evolving-log.ts';
import { LoggedSource } from './replayed-log/logged-source.ts';
import { rowsOf, TargetPair } from './replayed-log/target-pair.ts';

const runs = Math.ceil(Number(process.env.MILLRACE_TEST_RUNS ?? 30) / 4);
const { names, seed } = changingTables;

/** A transaction of the source, whether the log is read behind it, or the catalog gets further than the log; whether the storage is looked at. */
const history = fc.array(fc.record({ statements: changingStatements, read: fc.boolean(), looked: fc.boolean() }), {
  minLength: 2,
  maxLength: 12,
});
const limits = fc.record({
  stagedRows: fc.integer({ min: 1, max: 4 }),
  sharedRows: fc.constantFrom(1, 4),
  messageStatements: fc.integer({ min: 1, max: 8 }),
});

describe.each([
  { wire: 'text', formats: [] },
  { wire: 'binary', formats: ['postgres-binary'] },
])('a log of tables whose columns change, read as $wire', ({ wire, formats }) => {
  it('leaves the rows and columns of the source, the same in bulk as one change at a time', async () => {
    await using targets = await TargetPair.create(changingTables);
    const property = fc.asyncProperty(
      history,
      fc.array(fc.boolean(), { minLength: 1, maxLength: 8 }),
      limits,
      fc.constantFrom('evolve' as const, 'lenient' as const),
      async (transactions, cuts, bulkLimits, schemaChanges) => {
        await targets.reset(bulkLimits);
        await using source = await LoggedSource.start(formats, changingTables);
        const log = await EvolvingLog.begin(source, targets.sink, names, schemaChanges);
        const wires = new Set<string | undefined>();
        const pass = async () => {
          const batches = (await source.read()).map((batch) => log.observe(batch));
          for (const wire of batches.flatMap(wiresOf)) wires.add(wire);
          for (const unit of deliveryUnits(batches, cuts)) {
            await targets.deliver(await log.evolve(unit));
            const expected = await rowsOf(targets.oneByOne, undefined, names);
            expect(await rowsOf(targets.inBulk, undefined, names)).toEqual(expected);
          }
        };
        await source.run({ kind: 'transaction', statements: seed }, async () => {});
        for (const { statements, read, looked } of transactions) {
          await source.run({ kind: 'transaction', statements }, async () => {});
          if (read) await pass();
          if (looked) await log.look();
        }
        const compare = async (name: string) => {
          const lists = await source.columns();
          expect(await rowsOf(targets.inBulk, lists, [name])).toEqual(await rowsOf(source.database, lists, [name]));
        };
        // The log describes a table with the next row of it.
        const columns = await columnsOf(source.database, names);
        const finish = async (statement: typeof everyValue) => {
          const last = names.map((name) => statement(name, columns.get(name) ?? []));
          await source.run({ kind: 'transaction', statements: last }, async () => {});
          await pass();
        };
        await finish(someValue);
        await log.look();
        const there = await columnsOf(targets.inBulk, names);
        const filled = [];
        for (const name of names) {
          const [any] = await source.database.query(`SELECT FROM ${name} LIMIT 1`);
          if (any === undefined) continue;
          filled.push(name);
          expect(there.get(name)).toEqual(expect.arrayContaining([...(columns.get(name) ?? [])]));
          if (!log.rewritten.has(`public.${name}`)) await compare(name);
        }
        await finish(everyValue);
        for (const name of filled) await compare(name);
        expect([...wires]).toContain(wire);
        expect(targets.codes.filter((code) => code !== 'SEQUENTIAL_FALLBACK')).toEqual([]);
      },
    );
    await fc.assert(property, { numRuns: runs, endOnFailure: true });
  }, 3_600_000);
});

const wiresOf = ({ changes }: ChangeBatch): readonly (string | undefined)[] =>
  [...changes].filter(({ op }) => op !== 'truncate').map(({ image: { after, before } }) => (after ?? before)?.wire);
