import { expect, test } from 'vitest';
import { MemoryHub } from '../hub/memory-hub.ts';
import { type ChangeBatch, changeBatch } from '../model/change-batch.ts';
import { SchemaTracker } from '../schema/schema-tracker.ts';
import { ChangePipeline } from './change-pipeline.ts';
import { readChanges } from './reader.ts';

const published = async (...batches: readonly ChangeBatch[]) => {
  const ending = new AbortController();
  const hub = new MemoryHub({ maxChanges: 100, maxBytes: 1_000 });
  const changes = (async function* () {
    yield* batches;
    ending.abort();
  })();
  const schema = new SchemaTracker({}, () => true);
  await readChanges({ changes, schema, pipeline: new ChangePipeline([], null), hub, onRead: () => {} }, ending.signal);
  await hub.close();
  const ends: (string | undefined)[][] = [];
  for await (const { position, ...batch } of hub.subscribe(new AbortController().signal))
    ends.push([position ?? 'part', ...('state' in batch ? [batch.state] : [])]);
  return ends;
};

test('a position without changes gives way to a newer one, but not what the source said with it', async () => {
  expect(
    await published(
      changeBatch([], { position: '1' }),
      changeBatch([], { position: '2', state: 'a' }),
      changeBatch([], { position: '3' }),
      changeBatch([], { position: '4' }),
    ),
  ).toEqual([['2', 'a'], ['4']]);
});
