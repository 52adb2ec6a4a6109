import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { SpillFile } from './spill-file.ts';

const directoryOf = async () => {
  const directory = await mkdtemp(join(tmpdir(), 'spill-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  return directory;
};

test('what was appended is read from where it lies, in any order', async () => {
  await using file = await SpillFile.open(await directoryOf());
  const pieces = [Buffer.alloc(3_000_000, 1), Buffer.alloc(0), Buffer.from('last')];
  const places = [];
  for (const piece of pieces) places.push(await file.append(piece));
  for (const [index, place] of [...places.entries()].reverse())
    expect(pieces[index]?.equals(await file.read(place))).toBe(true);
});

test.skipIf(process.platform === 'win32')('the file has no name, so that nothing is left of it', async () => {
  const directory = await directoryOf();
  await using file = await SpillFile.open(directory);
  await file.append(Buffer.from('x'));
  expect(await readdir(directory)).toEqual([]);
});

test('a directory that is not there is an error', async () => {
  await expect(SpillFile.open(join(await directoryOf(), 'missing'))).rejects.toMatchObject({ code: 'ENOENT' });
});
