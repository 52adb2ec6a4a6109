import { setTimeout } from 'node:timers/promises';
import {
  type BeginContext,
  type Change,
  type ChangeBatch,
  type Chunk,
  type CopyRequest,
  createChange,
  decodedRow,
  type ExactCopyRequest,
  type Relation,
  type ReleaseContext,
  type ReselectRequest,
  type RowImage,
  type SourceContext,
  type Transaction,
} from '@millrace/core';
import { describeMutants, type Mutant } from '../mutants.test-support.ts';
import { sourceSuite } from './describe-source.ts';
import { MemoryOrigin, MemorySource, worldOf } from './memory-origin.test-support.ts';
import type { OriginChange, SourceWorld } from './source-world.ts';

const wrong = (
  name: string,
  caughtBy: Mutant<SourceWorld>['caughtBy'],
  Wrong: new (origin: MemoryOrigin) => MemorySource,
): Mutant<SourceWorld> => ({
  name,
  caughtBy,
  world: () => {
    const origin = new MemoryOrigin();
    return worldOf(origin, () => new Wrong(origin));
  },
});

type Log = AsyncGenerator<ChangeBatch>;

/** Delivers something else than what its log has. */
const delivering = (change: (batches: Log, origin: MemoryOrigin) => Log) =>
  class extends MemorySource {
    override batches(after: number, signal: AbortSignal) {
      return change(super.batches(after, signal), this.origin);
    }
  };

/** Makes other batches of the same. */
const making = (change: (batch: ChangeBatch) => ChangeBatch) =>
  delivering(async function* (batches) {
    for await (const batch of batches) yield change(batch);
  });

const withChanges = (batch: ChangeBatch, change: (changes: readonly Change[]) => readonly Change[]) =>
  ({ ...batch, changes: change([...batch.changes]) }) as ChangeBatch;

/** Says other images of its changes. */
const imaging = (change: (image: RowImage, which: 'before' | 'after', of: Change) => RowImage | null) =>
  class extends MemorySource {
    override change(...logged: Parameters<MemorySource['change']>) {
      const made = super.change(...logged);
      const { op, table, relation, transaction, sequence, image } = made;
      const before = image.before && change(image.before, 'before', made);
      const after = image.after && change(image.after, 'after', made);
      return createChange({ op, table, relation, transaction, sequence, before, after });
    }
  };

const OneByOne = delivering(async function* (batches) {
  for await (const batch of batches)
    for (const change of batch.changes)
      yield withChanges({ ...batch, tables: new Map([[change.table, 1]]) }, () => [change]);
});

const Reordering = making((batch) => withChanges(batch, (changes) => [...changes].reverse()));
const WithoutRelations = making((batch) => ({ ...batch, relations: [] }));
const WithoutTables = making((batch) => ({ ...batch, tables: new Map() }));
const Twice = delivering(async function* (batches) {
  for await (const batch of batches) {
    yield batch;
    if (batch.changes.length === 3 && batch.position !== null) yield batch;
  }
});
const Losing = delivering(async function* (batches) {
  let count = 0;
  for await (const batch of batches) if (++count !== 2) yield batch;
});
const Backwards = making((batch) => (batch.position === '3' ? { ...batch, position: '1' } : batch));
const Heartbeats = delivering(async function* (batches) {
  for await (const batch of batches) {
    yield batch;
    // In the middle of a transaction.
    if (batch.position === null)
      yield { ...withChanges(batch, () => []), tables: new Map(), position: batch.transaction.position } as ChangeBatch;
  }
});
const Renumbering = delivering(async function* (batches) {
  let count = 0;
  for await (const batch of batches)
    yield withChanges(batch, (changes) =>
      changes.map((change) => {
        const { op, table, relation, transaction, image } = change;
        return createChange({ op, table, relation, transaction, sequence: count++, ...image });
      }),
    );
});
const OneTransaction = making((batch) =>
  withChanges(batch, (changes) =>
    changes.map((change, sequence) => {
      const { op, table, relation, transaction, image } = change;
      const named = transaction && { ...transaction, id: 'always the same' };
      return createChange({ op, table, relation, transaction: named, sequence, ...image });
    }),
  ),
);

/** Counts as acknowledged what it has delivered. */
const Hasty = delivering(async function* (batches, { reader }) {
  for await (const batch of batches) {
    if (reader !== null && batch.position !== null) reader.forgotten = Number(batch.position);
    yield batch;
  }
});

class FromThere extends MemorySource {
  override changes(after: string, signal: AbortSignal) {
    return super.changes(String(Math.max(0, Number(after) - 1)), signal);
  }
}

class Skipping extends MemorySource {
  override changes(after: string, signal: AbortSignal) {
    return super.changes(String(Math.max(Number(after), this.origin.reader?.forgotten ?? 0)), signal);
  }
}

const changedTexts = (change: (value: unknown) => unknown) =>
  imaging((image) =>
    decodedRow(
      image.relation,
      Object.fromEntries(Object.entries(image.toObject()).map(([name, value]) => [name, change(value)])),
    ),
  );

class NullForUnchanged extends MemorySource {
  override sent(change: OriginChange, row: Parameters<MemorySource['sent']>[1]) {
    const sent = super.sent(change, row);
    return 'note' in sent ? sent : { ...sent, note: null };
  }
}

class ByItsColumnsNow extends MemorySource {
  override change(logged: Parameters<MemorySource['change']>[0], transaction: Transaction, sequence: number) {
    return super.change({ ...logged, relation: this.origin.relation }, transaction, sequence);
  }
}

/** One buffer for all rows. */
class OneRow extends MemorySource {
  readonly #values: Record<string, unknown> = {};

  override change(...logged: Parameters<MemorySource['change']>) {
    const made = super.change(...logged);
    const { op, table, relation, transaction, sequence, image } = made;
    if (image.after === null) return made;
    Object.assign(this.#values, image.after.toObject());
    const values = this.#values;
    const after: RowImage = {
      relation,
      wire: 'decoded',
      byteLength: 0,
      state: () => 'value',
      text: (column) => String(values[relation.columns[column]?.name ?? '']),
      writeText: () => -1,
      bytes: () => null,
      value: (column) => values[relation.columns[column]?.name ?? ''],
      toObject: () => ({ ...values }),
      keep: () => after,
    };
    return createChange({ op, table, relation, transaction, sequence, before: image.before, after });
  }
}

class WithoutExactly extends MemorySource {
  override readonly copyExactly = undefined as never;
}

class ValidatingByBeginning extends MemorySource {
  override async validate(context: SourceContext) {
    this.origin.reader = { forgotten: this.origin.log.length };
    return super.validate(context);
  }
}

class WithoutKey extends MemorySource {
  override async describe(context: SourceContext): Promise<readonly Relation[]> {
    return (await super.describe(context)).map((relation) => ({ ...relation, key: null }));
  }
}

class AnotherLog extends MemorySource {
  override async open(context: SourceContext) {
    return { ...(await super.open(context)), id: `${Math.random()}` };
  }
}

class Unclaimed extends MemorySource {
  override begin(context: BeginContext) {
    return super.begin({ ...context, claim: () => context.claim().catch(() => {}) });
  }
}

class ClaimingLate extends MemorySource {
  override async begin(context: BeginContext) {
    const position = await super.begin({ ...context, claim: async () => {} });
    await context.claim();
    return position;
  }
}

class Leaving extends MemorySource {
  override async release() {}
}

class ReleasingOnce extends MemorySource {
  override async release(context: ReleaseContext) {
    if (this.origin.reader === null) throw this.failure('There is nothing to be dropped');
    await super.release(context);
  }
}

class AsTexts extends MemorySource {
  override compare(a: string, b: string) {
    return a < b ? -1 : a > b ? 1 : 0;
  }
}

class NegativeDistance extends MemorySource {
  override distance(a: string, b: string) {
    return Number(a) - Number(b);
  }
}

class Deaf extends MemorySource {
  override async *batches(after: number): Log {
    for (let number = after; ; number++) {
      while (number >= this.origin.log.length) await setTimeout(5);
      yield* this.transaction(number);
    }
  }
}

/** Only `close` ends it. */
class DeafToItsSignal extends MemorySource {
  override batches(after: number) {
    return super.batches(after, this.closing.signal);
  }
}

class HangingWhenAborted extends MemorySource {
  override async validate(context: SourceContext) {
    if (context.signal.aborted) await new Promise(() => {});
    return super.validate(context);
  }
}

class ClosingOnce extends MemorySource {
  #closed = false;

  override async close() {
    if (this.#closed) throw new Error('The source is closed already');
    this.#closed = true;
    await super.close();
  }

  override open(context: SourceContext) {
    this.#closed = false;
    return super.open(context);
  }
}

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
    for (const { row } of this.origin.log.at(-1) ?? []) if (row !== undefined) this.#hidden.add(row.id);
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

const order = 'delivers every transaction in commit order, whole and once';
const large = 'delivers a large transaction as one';
const continues = 'continues strictly after any position that was not acknowledged, with the same ids';
const skips = 'does not skip what it cannot reach any more';
const values = 'says values exactly';
const updates = 'says of an update what was set, and tells what it leaves out from NULL';
const keys = 'says the key that a row had before';
const valid = 'finds nothing wrong with a log that is ready, and describes its table while it is closed';
const claims = 'claims what it makes before it does';
const drops = 'drops what it has made, as often as it is asked, and begins anew';
const ordered = 'orders its positions as its log does';
const ends = 'ends a wait for changes within a second of its signal';
const closes = 'closes in any state, more than once, and opens again';
const ranges = 'copies a table in ranges that have each row once, and continues any of them where it was left';
const together = 'brings copy and log together to the rows of the origin, which is written meanwhile';
const through = 'says a position behind everything that a chunk has seen, also of a range that is done';
const again = 'reads rows again that are there, and leaves out those that are gone';
const exactly = 'copies a table exactly, as it is at one position';

describeMutants(sourceSuite, [
  wrong('tears transactions', [order], OneByOne),
  wrong('reorders', [order], Reordering),
  wrong('delivers a transaction twice', [order], Twice),
  wrong('loses a transaction', [order], Losing),
  wrong('drops the relations', [order], WithoutRelations),
  wrong('does not count by table', [order], WithoutTables),
  wrong('goes back in its log', [order], Backwards),
  wrong('has positions inside of transactions', [large, { name: large, fault: 'reply-lost' }], Heartbeats),
  wrong('has one transaction only', [order], OneTransaction),
  wrong('numbers changes as they come', [continues], Renumbering),
  wrong('acknowledges what it has delivered', [continues, { name: order, fault: 'reply-lost' }], Hasty),
  wrong('delivers what lies before', [continues], FromThere),
  wrong('skips what it has forgotten', [skips], Skipping),
  wrong(
    'takes the empty text for NULL',
    [values],
    changedTexts((value) => (value === '' ? null : value)),
  ),
  wrong(
    'takes NULL for the empty text',
    [values],
    changedTexts((value) => value ?? ''),
  ),
  wrong(
    'trims texts',
    [values],
    changedTexts((value) => (typeof value === 'string' ? value.trim() : value)),
  ),
  wrong('takes unchanged for NULL', [updates], NullForUnchanged),
  wrong(
    'forgets the key before',
    [keys],
    imaging((image, which, { op }) => (which === 'before' && op === 'update' ? null : image)),
  ),
  wrong(
    'decodes by the columns that are there now',
    ['decodes a row by the columns that its table had then'],
    ByItsColumnsNow,
  ),
  wrong('copies no row', ['keeps a row that was copied when its batch is done'], OneRow),
  wrong('has not what it says it can', ['has the methods that go with its capabilities'], WithoutExactly),
  wrong('makes a reader when it validates', [valid], ValidatingByBeginning),
  wrong('describes no key', [valid], WithoutKey),
  wrong(
    'is another log at every open',
    ['is the same log at every open, in every process', { name: order, fault: 'died' }],
    AnotherLog,
  ),
  wrong('makes what it could not claim', [claims], Unclaimed),
  wrong('claims what it has made', [claims], ClaimingLate),
  wrong('drops nothing', [drops], Leaving),
  wrong('drops only what is there', [drops], ReleasingOnce),
  wrong('orders positions as texts', [ordered], AsTexts),
  wrong('measures backwards', [ordered], NegativeDistance),
  wrong('ignores abort', [ends, closes], Deaf),
  wrong('ends with `close` only', [ends], DeafToItsSignal),
  wrong('hangs when it is aborted', ['ends what was aborted before it began'], HangingWhenAborted),
  wrong('closes once', [closes], ClosingOnce),
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
]);
