import { mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Checkpoint } from '../contracts/checkpoint.ts';
import type { CheckpointStore } from '../contracts/checkpoint-store.ts';
import { readCheckpointFile, syncDirectory, writeCheckpointFile } from './checkpoint-file.ts';
import { fenced } from './fenced.ts';

const encode = (name: string): string => encodeURIComponent(name).replaceAll('.', '%2E');

interface EpochFile {
  readonly epoch: number;
  readonly path: string;
}

/**
 * Checkpoints in a directory of their own: `<stream>/<sink>.<epoch>.json`. Safe between processes of one machine
 * without locks: an epoch is taken by creating its file, which only one process can; a save that then sees a later
 * epoch's file is `FENCED`, and one that does not was finished before the later epoch read it.
 */
export const fileCheckpointStore = (directory: string): CheckpointStore => {
  const folderOf = (streamId: string) => join(directory, encode(streamId));

  const epochFiles = async (streamId: string, sink: string): Promise<readonly EpochFile[]> => {
    const folder = folderOf(streamId);
    const names = await readdir(folder).catch(ignoreMissing<string[]>([]));
    return names
      .flatMap((name) => {
        const match = /^(.*)\.(\d+)\.json$/.exec(name);
        return match?.[1] === encode(sink) ? [{ epoch: Number(match[2]), path: join(folder, name) }] : [];
      })
      .sort((a, b) => b.epoch - a.epoch);
  };

  /** The newest content. An empty file is an epoch that was taken by a process which ended before it wrote one. */
  const newest = async (files: readonly EpochFile[]): Promise<Checkpoint | null> => {
    for (const { path } of files) if ((await stat(path)).size > 0) return readCheckpointFile(path);
    return null;
  };

  /** What somebody removes while it is read has left something newer, or nothing. */
  const read = async (streamId: string, sink: string): Promise<Checkpoint | null> => {
    for (;;) {
      const found = await newest(await epochFiles(streamId, sink)).catch(ignoreMissing('removed' as const));
      if (found !== 'removed') return found;
    }
  };

  const sinksOf = async (streamId: string): Promise<readonly string[]> => {
    const names = await readdir(folderOf(streamId)).catch(ignoreMissing<string[]>([]));
    const sinks = new Set(names.flatMap((name) => /^(.*)\.\d+\.json$/.exec(name)?.[1] ?? []));
    return [...sinks].map(decodeURIComponent);
  };

  const pathOf = (streamId: string, sink: string, epoch: number) =>
    join(folderOf(streamId), `${encode(sink)}.${epoch}.json`);

  const forget = async (streamId: string, sink: string): Promise<void> => {
    for (;;) {
      const files = await epochFiles(streamId, sink);
      if (files[0] === undefined) return;
      // The next epoch stays taken, or an old owner's would come round again.
      const taken = await open(pathOf(streamId, sink, files[0].epoch + 1), 'wx', 0o600).catch(ignoreExisting);
      if (taken === null) continue;
      await taken.close();
      for (const { path } of files) await rm(path, { force: true });
      return;
    }
  };

  return {
    async acquire(streamId, sink, expected) {
      await mkdir(folderOf(streamId), { recursive: true, mode: 0o700 });
      for (;;) {
        const files = await epochFiles(streamId, sink);
        const current = files[0]?.epoch ?? 0;
        if (expected !== null && expected !== current) throw fenced(streamId, sink);
        const epoch = current + 1;
        const path = pathOf(streamId, sink, epoch);
        const taken = await open(path, 'wx', 0o600).catch(ignoreExisting);
        if (taken === null) continue;
        await taken.close();
        try {
          await syncDirectory(folderOf(streamId));
          const found = await newest(files);
          const checkpoint = found === null ? null : { ...found, epoch };
          await writeCheckpointFile(path, checkpoint);
          for (const file of files) await rm(file.path, { force: true });
          return { epoch, checkpoint };
        } catch (error) {
          // Nobody was told of the epoch; left behind, it would fence the stream that asks again.
          await rm(path, { force: true });
          throw error;
        }
      }
    },
    async save(checkpoint) {
      const { streamId, sink, epoch } = checkpoint;
      const isCurrent = async () => (await epochFiles(streamId, sink))[0]?.epoch === epoch;
      if (!(await isCurrent())) throw fenced(streamId, sink);
      await writeCheckpointFile(pathOf(streamId, sink, epoch), checkpoint);
      if (!(await isCurrent())) throw fenced(streamId, sink);
    },
    async list(streamId) {
      const checkpoints = (await sinksOf(streamId)).map((sink) => read(streamId, sink));
      return (await Promise.all(checkpoints)).flatMap((checkpoint) => checkpoint ?? []);
    },
    async delete(streamId, sink) {
      for (const name of sink === undefined ? await sinksOf(streamId) : [sink]) await forget(streamId, name);
    },
  };
};

const codeOf = (error: unknown): unknown => (error as NodeJS.ErrnoException).code;

const ignoreMissing =
  <T>(value: T) =>
  (error: unknown): T => {
    if (codeOf(error) === 'ENOENT') return value;
    throw error;
  };

const ignoreExisting = (error: unknown): null => {
  if (codeOf(error) === 'EEXIST') return null;
  throw error;
};
