import assert from 'node:assert/strict';
import { type Change, type ChangeBatch, type Position, qualifiedName, type Source } from '@millrace/core';

/** What must be true of every batch, whatever is in it: it follows a batch at `after`, or the parts of a transaction. */
export const checkBatch = (
  source: Source,
  batch: ChangeBatch,
  after: Position,
  open: { readonly id: string } | null,
): void => {
  const changes = [...batch.changes];
  assert.equal(batch.changes.length, changes.length, '`changes.length` is not the number of changes');
  const ids = (those: readonly Change[]) => those.map(({ id }) => id);
  assert.deepEqual(ids([...batch.changes]), ids(changes), 'The changes are others when they are iterated again');
  checkEnd(source, batch, after, open);
  const counts = new Map<string, number>();
  for (const { relation } of changes) {
    assert.ok(batch.relations.includes(relation), 'A batch does not bring the relation of its change along');
    counts.set(qualifiedName(relation), (counts.get(qualifiedName(relation)) ?? 0) + 1);
  }
  assert.deepEqual(new Map(batch.tables), counts, '`tables` does not say how many changes there are');
  for (const change of changes) checkImages(change);
  checkTransactions(source, batch, changes, after);
};

const checkEnd = (source: Source, batch: ChangeBatch, after: Position, open: { readonly id: string } | null) => {
  const { position } = batch;
  const transactions = new Set(Array.from(batch.changes, ({ transaction }) => transaction?.id));
  if (position === null) {
    assert.ok(open === null || open.id === batch.transaction.id, 'A transaction began inside of another');
    const own = new Set([...transactions, batch.transaction.id]);
    assert.equal(own.size, 1, 'A part holds changes of another transaction');
    return;
  }
  if (open !== null) assert.deepEqual([...transactions], [open.id], 'A position lies inside a transaction');
  assert.ok(source.compare(position, after) >= 0, `The position ${position} comes after ${after}`);
};

const checkImages = ({ op, image, relation }: Change) => {
  const has = { before: image.before !== null, after: image.after !== null };
  assert.equal(has.after, op !== 'delete' && op !== 'truncate', `A ${op} with after: ${has.after}`);
  if (op !== 'update') assert.equal(has.before, op === 'delete', `A ${op} with before: ${has.before}`);
  for (const one of [image.before, image.after])
    if (one !== null) assert.equal(one.relation, relation, 'A row is of another relation than its change');
};

const checkTransactions = (source: Source, batch: ChangeBatch, changes: readonly Change[], after: Position) => {
  let last: Change | null = null;
  for (const change of changes) {
    const { transaction, sequence } = change;
    assert.ok(transaction !== null, 'A change of the log has no transaction');
    assert.ok(
      source.compare(transaction.position, after) >= 0,
      'A transaction begins before the position it comes after',
    );
    if (batch.position !== null)
      assert.ok(
        source.compare(transaction.position, batch.position) < 0,
        'A transaction does not begin before its end',
      );
    if (last?.transaction?.id === transaction.id)
      assert.ok(
        sequence > last.sequence,
        `The changes ${last.sequence} and ${sequence} of one transaction, in this order`,
      );
    last = change;
  }
};
