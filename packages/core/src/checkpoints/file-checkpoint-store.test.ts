import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Checkpoint } from '../contracts/checkpoint.ts';
import { fileCheckpointStore } from './file-checkpoint-store.ts';

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

test('leaves one file, which another process continues', async () => {
  const store = fileCheckpointStore(directory);
  await store.acquire('s', 'x', null);
  await store.save({ ...checkpointOf(1, '10'), streamId: 's', sink: 'x' });
  const again = await fileCheckpointStore(directory).acquire('s', 'x', null);
  expect(again.checkpoint?.position).toBe('10');
  expect(await readdir(join(directory, 's'))).toEqual(['x.2.json']);
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
