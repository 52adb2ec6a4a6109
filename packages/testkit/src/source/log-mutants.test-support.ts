import {
  type Change,
  type ChangeBatch,
  createChange,
  decodedRow,
  MillraceError,
  type RowImage,
  type Transaction,
} from '@millrace/core';
import type { Mutant } from '../mutants.test-support.ts';
import { type MemoryOrigin, MemorySource } from './memory-origin.test-support.ts';
import type { OriginChange, SourceWorld } from './source-world.ts';
import { wrong } from './wrong-source.test-support.ts';

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

class Insisting extends MemorySource {
  override failure(message: string) {
    return new MillraceError({ code: 'BROKEN', recovery: 'retry', message });
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

const order = 'delivers every transaction in commit order, whole and once';
const large = 'delivers a large transaction as one';
const continues = 'continues strictly after any position that was not acknowledged, with the same ids';
const skips = 'does not skip what it cannot reach any more';
const values = 'says values exactly';
const updates = 'says of an update what was set, and tells what it leaves out from NULL';
const keys = 'says the key that a row had before';

export const logMutants: readonly Mutant<SourceWorld>[] = [
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
  wrong('tries for ever to reach what it has forgotten', [skips], Insisting),
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
];
