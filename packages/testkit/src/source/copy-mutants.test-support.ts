import {
  type BeginContext,
  type Chunk,
  type CopyRequest,
  decodedRow,
  type ExactCopyRequest,
  type ReselectRequest,
} from '@millrace/core';
import type { Mutant } from '../mutants.test-support.ts';
import { MemorySource } from './memory-source.test-support.ts';
import type { SourceWorld } from './source-world.ts';
import { wrong } from './wrong-source.test-support.ts';

/** Changes chunks. */
const copying = (change: (chunk: Chunk, request: CopyRequest) => Chunk) =>
  class extends MemorySource {
    override async *copy(request: CopyRequest, signal: AbortSignal) {
      for await (const chunk of super.copy(request, signal)) yield change(chunk, request);
    }
  };

/** Copies rows as they were before the last transaction that was there when it began. */
class NotYetVisible extends MemorySource {
  readonly #hidden = new Set<number>();

  override async begin(context: BeginContext) {
    for (const one of this.origin.log.at(-1) ?? [])
      if ('change' in one && one.row !== undefined) this.#hidden.add(one.row.id);
    return super.begin(context);
  }

  override async *copy(request: CopyRequest, signal: AbortSignal) {
    for await (const chunk of super.copy(request, signal)) {
      const rows = [...chunk.rows].filter((row) => !this.#hidden.has(Number(row.text(0))));
      yield { ...chunk, rows, length: rows.length };
    }
  }
}

/** Finds nothing, as if its transaction could not be seen yet. */
class ReadingNothing extends MemorySource {
  override reselect(request: ReselectRequest, signal: AbortSignal) {
    return super.reselect({ ...request, keys: [] }, signal);
  }
}

class StartingOver extends MemorySource {
  override copy(request: CopyRequest, signal: AbortSignal) {
    return super.copy({ ...request, progress: { ...request.progress, cursor: null } }, signal);
  }
}

class Overlapping extends MemorySource {
  override async planCopy(table: string, count: number) {
    const plan = await super.planCopy(table, count);
    return { ...plan, ranges: plan.ranges?.map((range) => ({ ...range, to: null })) ?? null };
  }
}

class NothingOfWhatIsDone extends MemorySource {
  override async *copy(request: CopyRequest, signal: AbortSignal) {
    if (!request.progress.done) yield* super.copy(request, signal);
  }
}

class AllRows extends MemorySource {
  override reselect({ keys, ...rest }: ReselectRequest, signal: AbortSignal) {
    const every = [...this.origin.rows.keys()].map((id) => decodedRow(this.origin.relation, { id }));
    return super.reselect({ ...rest, keys: keys.length > 0 ? every : [] }, signal);
  }
}

class ReadingEarly extends MemorySource {
  override async reselect(request: ReselectRequest, signal: AbortSignal) {
    const { rows } = await super.reselect(request, signal);
    return { rows, through: request.transactions[0]?.position ?? '0' };
  }
}

/** Each chunk as the table is then. */
class AtSeveralPositions extends MemorySource {
  override async *copyExactly(request: ExactCopyRequest, signal: AbortSignal) {
    for await (const chunk of super.copyExactly(request, signal)) yield { ...chunk, through: this.origin.end };
  }
}

class DoneAtOnce extends MemorySource {
  override async *copyExactly(request: ExactCopyRequest, signal: AbortSignal) {
    for await (const chunk of super.copyExactly(request, signal))
      yield { ...chunk, progress: { ...chunk.progress, done: true } };
  }
}

const ranges = 'copies a table in ranges that have each row once, and continues any of them where it was left';
const together = 'brings copy and log together to the rows of the origin, which is written meanwhile';
const through = 'says a position behind everything that a chunk has seen, also of a range that is done';
const again = 'reads rows again that are there, and leaves out those that are gone';
const exactly = 'copies a table exactly, as it is at one position';

export const copyMutants: readonly Mutant<SourceWorld>[] = [
  wrong('copies what is not visible yet', [together], NotYetVisible),
  wrong('reads nothing again', [together, again], ReadingNothing),
  wrong('begins a range anew', [ranges], StartingOver),
  wrong('has rows in two ranges', [ranges], Overlapping),
  wrong(
    'does not count rows',
    [ranges],
    copying((chunk) => ({ ...chunk, progress: { ...chunk.progress, rows: 0 } })),
  ),
  wrong(
    'loses rows of a chunk',
    [ranges],
    copying((chunk) => ({ ...chunk, length: Math.max(0, chunk.length - 1), rows: [...chunk.rows].slice(1) })),
  ),
  wrong(
    'says the position where it began',
    [through],
    copying((chunk, { progress: { cursor } }) => ({ ...chunk, through: cursor === null ? '0' : '1' })),
  ),
  wrong('says nothing of a range that is done', [through], NothingOfWhatIsDone),
  wrong('reads every row again', [again], AllRows),
  wrong('says a position before it has read', [again], ReadingEarly),
  wrong('copies exactly at several positions', [exactly], AtSeveralPositions),
  wrong('is done with the first chunk', [exactly], DoneAtOnce),
];
