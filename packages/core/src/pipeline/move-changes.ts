import type { Checkpoint } from '../contracts/checkpoint.ts';
import { MemoryHub } from '../hub/memory-hub.ts';
import type { ChangeBatch } from '../model/change-batch.ts';
import type { Position } from '../model/position.ts';
import type { Settings } from '../options/settings.ts';
import { GroupBuilder } from './group-builder.ts';
import { type ReaderOptions, readChanges } from './reader.ts';
import { runTogether } from './run-together.ts';
import { type WriterOptions, writeGroups } from './writer.ts';

export interface MoveOptions
  extends Pick<ReaderOptions, 'changes' | 'schema' | 'pipeline' | 'onRead' | 'awaitsPositions'>,
    Pick<
      WriterOptions,
      | 'sink'
      | 'boundary'
      | 'leaveOut'
      | 'evolve'
      | 'remaining'
      | 'catchingUp'
      | 'checkpoint'
      | 'onWritten'
      | 'onDurable'
    > {
  readonly settings: Pick<Settings, 'queue' | 'batch'>;
  /** Ends reading; what is complete by then is written. */
  readonly reading: AbortController;
  /** Everything before it may be acknowledged to the source. */
  readonly onSafe: (position: Position) => void;
  readonly onHub: (hub: MemoryHub) => void;
}

/** The two loops and the hub between them. Resolves with `limit` or `ended`, as the writer does. */
export const moveChanges = async (options: MoveOptions, signal: AbortSignal): Promise<'limit' | 'ended'> => {
  const { settings, reading } = options;
  const hub = new MemoryHub(settings.queue);
  const groups = new GroupBuilder(settings.batch, settings.queue);
  const stopSafe = hub.onSafe(options.onSafe);
  options.onHub(hub);
  let end: 'limit' | 'ended' = 'ended';

  const read = async (both: AbortSignal) => {
    // It may have come before this.
    both.throwIfAborted();
    both.addEventListener('abort', () => reading.abort(both.reason), { once: true });
    const incomplete = await readChanges({ ...options, hub }, reading.signal);
    if (incomplete !== null) groups.giveUp(incomplete.id);
    await hub.close();
  };
  const fill = (both: AbortSignal) => groups.fill(hub.subscribe(both), both);
  const onDurable = async (group: ChangeBatch, checkpoint: Checkpoint) => {
    await options.onDurable(group, checkpoint);
    if (checkpoint.position !== null) hub.release(checkpoint.position);
  };
  const write = async (both: AbortSignal) => {
    end = await writeGroups({ ...options, groups, onDurable }, both);
    groups.close();
    // Nothing more is taken, so nothing more need be read.
    reading.abort();
  };
  try {
    await runTogether([read, fill, write], signal);
  } finally {
    stopSafe();
  }
  return end;
};
