import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Checkpoint } from '../contracts/checkpoint.ts';
import type { CheckpointStore } from '../contracts/checkpoint-store.ts';
import { fileCheckpointStore } from './file-checkpoint-store.ts';
import { memoryCheckpointStore } from './memory-checkpoint-store.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'millrace-store-'));
});
afterEach(() => rm(directory, { recursive: true }));

const checkpointOf = (epoch: number, position: string): Checkpoint => ({
  savedAt: 1,
  version: 1,
  streamId: 'a/b',
  sink: 'x.1',
  epoch,
  source: { kind: 'memory', id: '1' },
  claimed: true,
  position,
  partial: null,
  tables: {},
});

describe.each<[string, () => CheckpointStore]>([
  ['file', () => fileCheckpointStore(directory)],
  ['memory', memoryCheckpointStore],
])('%s store', (_, create) => {
  test('keeps the last checkpoint and counts epochs', async () => {
    const store = create();
    expect(await store.acquire('a/b', 'x.1', null)).toEqual({ epoch: 1, checkpoint: null });
    await store.save(checkpointOf(1, '10'));
    expect(await store.acquire('a/b', 'x.1', 1)).toEqual({ epoch: 2, checkpoint: checkpointOf(2, '10') });
    await store.save(checkpointOf(2, '20'));
    expect(await store.list('a/b')).toEqual([checkpointOf(2, '20')]);
    await store.delete('a/b', 'x.1');
    expect(await store.list('a/b')).toEqual([]);
  });

  test('an old epoch saves nothing and is not taken again', async () => {
    const store = create();
    await store.acquire('a/b', 'x.1', null);
    await store.save(checkpointOf(1, '10'));
    await store.acquire('a/b', 'x.1', null);
    await expect(store.save(checkpointOf(1, '99'))).rejects.toMatchObject({ code: 'FENCED' });
    await expect(store.acquire('a/b', 'x.1', 1)).rejects.toMatchObject({ code: 'FENCED' });
    expect((await store.list('a/b'))[0]?.position).toBe('10');
  });

  test('an owner from before a delete stays fenced', async () => {
    const store = create();
    await store.acquire('a/b', 'x.1', null);
    await store.save(checkpointOf(1, '10'));
    await store.delete('a/b', 'x.1');
    const fresh = await store.acquire('a/b', 'x.1', null);
    expect(fresh.checkpoint).toBeNull();
    await store.save(checkpointOf(fresh.epoch, '1'));
    await expect(store.save(checkpointOf(1, '99'))).rejects.toMatchObject({ code: 'FENCED' });
  });

  test('sinks and streams do not disturb each other', async () => {
    const store = create();
    await store.acquire('a', 'x', null);
    await store.acquire('a', 'x.1', null);
    await store.save({ ...checkpointOf(1, '10'), streamId: 'a', sink: 'x' });
    expect(await store.acquire('a', 'x.1', null)).toEqual({ epoch: 2, checkpoint: null });
    await store.delete('b');
    expect(await store.list('a')).toHaveLength(1);
  });
});

describe('file store', () => {
  test('leaves one file, which another process continues', async () => {
    const store = fileCheckpointStore(directory);
    await store.acquire('s', 'x', null);
    await store.save({ ...checkpointOf(1, '10'), streamId: 's', sink: 'x' });
    const again = await fileCheckpointStore(directory).acquire('s', 'x', null);
    expect(again.checkpoint?.position).toBe('10');
    expect(await readdir(join(directory, 's'))).toEqual(['x.2.json']);
  });

  test('of many processes that take an epoch at once each gets its own', async () => {
    const stores = Array.from({ length: 8 }, () => fileCheckpointStore(directory));
    const taken = await Promise.all(stores.map((store) => store.acquire('s', 'x', null).catch(() => null)));
    const epochs = taken.flatMap((result) => result?.epoch ?? []);
    expect(new Set(epochs).size).toBe(epochs.length);
  });

  test.each<[string, (text: string) => string]>([
    ['torn', (text) => text.slice(0, text.length / 2)],
    ['changed', (text) => text.replace('"10"', '"11"')],
    ['foreign', () => '{"name": "something else"}'],
  ])('a %s file is an error that names it', async (_, damage) => {
    const store = fileCheckpointStore(directory);
    await store.acquire('s', 'x', null);
    await store.save({ ...checkpointOf(1, '10'), streamId: 's', sink: 'x' });
    const path = join(directory, 's', 'x.1.json');
    await writeFile(path, damage(await readFile(path, 'utf8')));
    const failure = { code: 'CHECKPOINT_CORRUPT', recovery: 'operator', details: { path } };
    await expect(fileCheckpointStore(directory).acquire('s', 'x', null)).rejects.toMatchObject(failure);
  });

  test('an epoch that was taken by a process which then died is passed over', async () => {
    const store = fileCheckpointStore(directory);
    await store.acquire('s', 'x', null);
    await store.save({ ...checkpointOf(1, '10'), streamId: 's', sink: 'x' });
    await writeFile(join(directory, 's', 'x.2.json'), '');
    expect(await store.acquire('s', 'x', null)).toMatchObject({ epoch: 3, checkpoint: { position: '10' } });
  });
});
