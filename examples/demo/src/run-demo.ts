import { setTimeout } from 'node:timers/promises';
import { arrives, createBank, schemaChanges, tableNames } from './bank.ts';
import { compareTable } from './compare.ts';
import type { DemoOptions } from './demo-options.ts';
import { copyAndKill, pauseAndKill } from './interruptions.ts';
import { runLoad } from './load.ts';
import { ProgressLine } from './progress-line.ts';
import { type BankDatabase, serverKinds } from './server-kinds.ts';
import { Streaming } from './streaming.ts';

/** Compares every table, and says how many rows differ. */
const compareTables = async (source: BankDatabase, target: BankDatabase, progress: ProgressLine): Promise<number> => {
  progress.say('stopped; comparing source and target row by row');
  let all = 0;
  for (const table of tableNames) {
    const { rows, different } = await compareTable(source, target, table);
    all += different;
    progress.say(`  ${table}: ${rows} rows equal, ${different} different`);
  }
  return all;
};

/** Returns the exit code. */
export const runDemo = async (options: DemoOptions, signal: AbortSignal): Promise<number> => {
  const progress = new ProgressLine();
  const [from, to] = [serverKinds[options.source], serverKinds[options.target]];
  progress.say(`starting ${from.label} as the source and ${to.label} as the target; what is missing is fetched first`);
  await using source = await from.start();
  await using target = await to.start();
  progress.say('filling the source with a bank of 1,000,000 accounts and 200,000 transfers');
  await createBank(source, signal);
  const loading = new AbortController();
  const load = runLoad(source, 4, AbortSignal.any([loading.signal, signal]));
  const started = performance.now();
  progress.say('4 connections of TPC-B are at work; starting to copy');
  const streaming = new Streaming([source.url, target.url], {
    onReport: () => progress.show(streaming.last),
    onHandover: ({ table, position }) =>
      progress.say(`${table} is handed over: it equals its source from ${position} on`),
    onSchema: ({ schema }) => progress.say(`the target has followed: ${schema}`),
  });
  try {
    await copyAndKill(streaming, progress, signal);
    await pauseAndKill(streaming, progress, signal);
    if (options.schema) {
      for (const statement of schemaChanges) {
        progress.say(statement);
        await source.query(statement);
        await setTimeout(1_000, undefined, { signal });
      }
      await arrives(source, target, signal);
      await streaming.until(({ isComplete }) => isComplete, signal);
      progress.say('what was rewritten is copied anew');
    }
    loading.abort();
    const transactions = await load;
    await arrives(source, target, signal);
    const seconds = (performance.now() - started) / 1_000;
    const { rows, changes } = streaming.last;
    await streaming.end();
    const different = await compareTables(source, target, progress);
    progress.say(
      `${transactions} transactions in ${seconds.toFixed(1)} s, about ${rows} rows copied and ${changes} changes written; ` +
        (different === 0 ? 'source and target are equal' : `${different} rows differ`),
    );
    return different === 0 ? 0 : 1;
  } finally {
    loading.abort();
    await Promise.allSettled([load, streaming.end()]);
    progress.end();
  }
};
