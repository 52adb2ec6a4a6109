import fc from 'fast-check';
import { expect, test } from 'vitest';
import { until } from '../harness/index.ts';
import { evolving } from './evolving.ts';
import { namedDifferences } from './named-differences.ts';
import { changingStatements, someValue } from './random/changing-statements.ts';
import { changingTables } from './random/changing-tables.ts';
import { columnsOf } from './random/columns.ts';
import { runTransaction } from './random/run-transaction.ts';

/** A few here; as many as wanted with the variable. */
const rounds = Number(process.env.MILLRACE_FAULT_ROUNDS ?? 3);
const { names, source: create, seed } = changingTables;

const policy = fc.constantFrom('evolve', 'lenient');
const history = fc.array(
  fc.record({
    statements: changingStatements,
    afterwards: fc.constantFrom('go on', 'go on', 'settle', 'restart', 'stay down' as const),
  }),
  { minLength: 4, maxLength: 16 },
);

test.each(['inferred', 'event-trigger'] as const)(
  `${rounds} random histories of rows and columns (%s): the target follows them, over restarts, and has every row`,
  {
    timeout: rounds * 120_000,
  },
  async (ddl) => {
    const property = fc.asyncProperty(history, policy, async (moments, schemaChanges) => {
      await using world = await evolving({ schema: `${create}; ${seed.join(';')}`, schemaChanges, ddl });
      const { source, target, stream } = world;
      const client = await source.connect();
      for (const { statements, afterwards } of moments) {
        if (afterwards === 'stay down' && stream.status === 'running') await stream.pause();
        await runTransaction(client, statements);
        if (afterwards === 'restart' && stream.status === 'running') await stream.pause();
        if (afterwards !== 'stay down' && stream.status === 'paused') await stream.resume();
        if (afterwards === 'settle') await world.settle([]);
      }
      if (stream.status === 'paused') await stream.resume();
      // The log describes a table with the next row of it.
      const columns = await columnsOf(source, names);
      await runTransaction(
        client,
        names.map((name) => someValue(name, columns.get(name) ?? [])),
      );
      await world.settle([]);
      let found: readonly string[] = [];
      const areEqual = async () => {
        found = [];
        for (const name of names) found = [...found, ...(await namedDifferences(source, target, name))];
        return found.length === 0;
      };
      // Values that change without a word in the log are looked for now and then.
      await until(areEqual, { describe: 'equal rows', timeout: 40_000 }).catch(() => {});
      expect(found).toEqual([]);
    });
    await fc.assert(property, { numRuns: rounds, endOnFailure: true });
  },
);
