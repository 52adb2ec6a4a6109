import { expect, test } from 'vitest';
import { memoryCheckpointStore } from '../checkpoints/memory-checkpoint-store.ts';
import { outcome, setup, until, untilAborted } from './interrupted-stream.test-support.ts';
import { failureOf } from './memory-log.test-support.ts';

test('stop ends a delete whose source does not answer', async () => {
  const { stream } = setup({ source: { release: ({ signal }: { signal: AbortSignal }) => untilAborted(signal) } });
  const deleting = outcome(stream.delete());
  await until(() => stream.status === 'stopped');
  await stream.stop();
  expect(await deleting).toBe('INTERRUPTED');
});

test('delete with force still releases the source when the checkpoint cannot be read', async () => {
  const store = memoryCheckpointStore();
  let isDown = false;
  const list = async (streamId: string) => {
    if (isDown) throw failureOf('retry', 'TARGET_GONE');
    return store.list(streamId);
  };
  const { log, stream } = setup({ options: { checkpoints: { ...store, list } } });
  await stream.start();
  await stream.stop();
  isDown = true;
  expect(await outcome(stream.delete())).toBe('TARGET_GONE');
  await stream.delete({ force: true });
  expect(log.calls).toContain('release true');
});

test('delete says so when nothing tells what the stream made at its source', async () => {
  const { stream } = setup({});
  const warned: string[] = [];
  stream.on('warning', ({ code }) => warned.push(code));
  await stream.delete();
  expect(warned).toEqual(['CHECKPOINT_MISSING']);
});
