import { createHash } from 'node:crypto';
import { open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { Checkpoint } from '../contracts/checkpoint.ts';
import { coreError } from '../errors/core-errors.ts';

const range = z.strictObject({ from: z.string().nullable(), to: z.string().nullable() });
const rangeProgress = z.strictObject({
  table: z.string(),
  range,
  cursor: z.string().nullable(),
  done: z.boolean(),
  rows: z.number().int(),
});
const backfill = z.strictObject({
  state: z.enum(['not-started', 'pending', 'active', 'stopped', 'failed', 'completed', 'unsupported']),
  trigger: z.enum(['automatic', 'manual']),
  side: z.string().nullable(),
  merged: z.boolean(),
  replaces: z.boolean(),
  where: z.string().nullable(),
  startedAt: z.number().nullable(),
  endedAt: z.number().nullable(),
  error: z.strictObject({ code: z.string(), message: z.string() }).nullable(),
});
const checkpointSchema: z.ZodType<Checkpoint> = z.strictObject({
  version: z.literal(1),
  streamId: z.string(),
  sink: z.string(),
  epoch: z.number().int(),
  source: z.strictObject({ kind: z.string(), id: z.string(), state: z.string().exactOptional() }).nullable(),
  claimed: z.boolean(),
  position: z.string().nullable(),
  partial: z.strictObject({ transaction: z.string(), sequence: z.number() }).nullable(),
  tables: z.record(
    z.string(),
    z.strictObject({
      state: z.enum(['pending', 'copying', 'catching-up', 'live', 'aside', 'failed']),
      from: z.string(),
      ranges: z.array(rangeProgress),
      through: z.string().nullable(),
      shape: z.record(z.string(), z.string()).exactOptional(),
      copied: z.record(z.string(), z.string()).exactOptional(),
      storage: z
        .strictObject({
          id: z.string().exactOptional(),
          heap: z.string(),
          parts: z.record(z.string(), z.strictObject({ heap: z.string(), hadRows: z.boolean() })).exactOptional(),
          logging: z.string().exactOptional(),
          columns: z.record(
            z.string(),
            z.strictObject({
              id: z.string(),
              revision: z.string(),
              fill: z.string().nullable(),
              nullable: z.boolean().exactOptional(),
              default: z.string().nullable().exactOptional(),
            }),
          ),
        })
        .exactOptional(),
      backfill: backfill.exactOptional(),
      kept: z.array(z.string()).exactOptional(),
      gone: z.literal(true).exactOptional(),
    }),
  ),
  savedAt: z.number(),
});
const fileSchema = z.strictObject({
  format: z.literal('millrace checkpoint'),
  version: z.literal(1),
  digest: z.string(),
  checkpoint: checkpointSchema.nullable(),
});

/** Over the text, so that it holds whatever order the properties were written in. */
const digest = (checkpoint: Checkpoint | null): string =>
  createHash('sha256').update(JSON.stringify(checkpoint)).digest('hex');

/** The content of a file, durable and never half of one: temporary file, fsync, rename, fsync of the directory. */
export const writeCheckpointFile = async (path: string, checkpoint: Checkpoint | null): Promise<void> => {
  const temporary = `${path}.${process.pid}.tmp`;
  const file = await open(temporary, 'w', 0o600);
  try {
    const content = { format: 'millrace checkpoint', version: 1, digest: digest(checkpoint), checkpoint };
    await file.writeFile(`${JSON.stringify(content, null, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  await syncDirectory(dirname(path));
};

export const syncDirectory = async (path: string): Promise<void> => {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
};

/** Rejects `CHECKPOINT_CORRUPT` for a torn, changed or foreign file. */
export const readCheckpointFile = async (path: string): Promise<Checkpoint | null> => {
  const text = await readFile(path, 'utf8');
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw corrupt(path, 'is not JSON');
  }
  const parsed = fileSchema.safeParse(content);
  if (!parsed.success) throw corrupt(path, 'is no checkpoint of this version');
  if (parsed.data.digest !== digest((content as { checkpoint: Checkpoint | null }).checkpoint))
    throw corrupt(path, 'does not match its digest');
  return parsed.data.checkpoint;
};

const corrupt = (path: string, what: string) =>
  coreError('CHECKPOINT_CORRUPT', `The checkpoint file ${path} ${what}`, {
    hint: 'Restore the file from a backup, or delete it to let the stream begin anew.',
    details: { path },
  });
