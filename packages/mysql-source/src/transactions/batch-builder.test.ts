import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesPerRecord } from '../rows/change-records.ts';
import { BatchBuilder } from './batch-builder.ts';
import { brief, inserts, numbersFormat } from './logged-batches.test-support.ts';

const stream = (limits: { readonly maxChanges?: number; readonly maxBytes?: number } = {}) => {
  let position = 0;
  let state: string | undefined;
  const builder = new BatchBuilder({ maxChanges: 100, maxBytes: 1_000_000, ...limits }, () => {
    const said = state;
    state = undefined;
    return { position: String(position), ...(said === undefined ? {} : { state: said }) };
  });
  return {
    builder,
    begin: () => builder.begin({ id: `t${position + 1}`, position: String(position), commitTime: position }),
    rows: (...ids: readonly number[]) => builder.rows(inserts(...ids), numbersFormat),
    truncate: () => builder.truncate(numbersFormat.relation),
    commit: (said?: string) => {
      position += 1;
      state = said ?? state;
      builder.commit();
    },
    transaction(...ids: readonly number[]) {
      this.begin();
      if (ids.length > 0) this.rows(...ids);
      this.commit();
    },
    take() {
      builder.flush();
      const batches = [];
      for (let batch = builder.take(); batch !== null; batch = builder.take()) batches.push(batch);
      return batches;
    },
  };
};

describe('BatchBuilder', () => {
  it('gathers whole transactions until a flush, and holds the open one back', () => {
    const s = stream();
    s.transaction(1, 2);
    s.transaction(3);
    s.begin();
    s.rows(4);
    expect(s.builder.take()).toBeNull();
    expect(s.take().map(brief)).toEqual([['1.0 2.1 3.0', '2']]);
    s.rows(5);
    expect(s.take()).toEqual([]);
    s.commit();
    expect(s.take().map(brief)).toEqual([['4.0 5.1', '3']]);
  });

  it('cuts a transaction above a limit into parts that hold nothing else', () => {
    const s = stream({ maxChanges: 2 });
    s.transaction(1);
    s.transaction(2, 3, 4, 5, 6);
    s.transaction(7);
    s.transaction(8);
    expect(s.take().map(brief)).toEqual([
      ['1.0', '1'],
      ['2.0 3.1', null],
      ['4.2 5.3', null],
      ['6.4', '2'],
      ['7.0 8.0', '4'],
    ]);
  });

  it('leaves out what was taken back, of which nothing is out', () => {
    const s = stream({ maxChanges: 4 });
    s.transaction(1);
    s.begin();
    s.rows(2);
    expect(s.builder.rollback()).toBe(true);
    s.commit();
    s.begin();
    s.rows(3);
    s.builder.savepoint('a');
    s.rows(4, 5);
    // What is whole goes out, and the open transaction moves.
    expect(s.take().map(brief)).toEqual([['1.0', '2']]);
    expect(s.builder.rollbackTo('A')).toBe(true);
    s.rows(6);
    s.commit();
    expect(s.take().map(brief)).toEqual([['3.0 6.3', '3']]);
    s.begin();
    s.builder.savepoint('a');
    s.rows(7, 8, 9, 10, 11);
    expect([s.builder.rollbackTo('a'), s.builder.rollback()]).toEqual([false, false]);
    s.builder.savepoint('b');
    s.rows(12);
    expect(s.builder.rollbackTo('b')).toBe(true);
    s.commit();
    expect(s.take().map(brief)).toEqual([
      ['7.0 8.1 9.2 10.3', null],
      ['11.4', '4'],
    ]);
  });

  it('names the transaction of a part', () => {
    const s = stream({ maxChanges: 1 });
    s.begin();
    s.rows(1, 2);
    expect(s.builder.take()).toMatchObject({ position: null, transaction: { id: 't1', position: '0', commitTime: 0 } });
  });

  it('gives a truncate a batch of its own, with its position', () => {
    const s = stream();
    s.transaction(1);
    s.begin();
    s.truncate();
    s.commit();
    s.transaction(2);
    expect(s.take().map(brief)).toEqual([
      ['1.0', '1'],
      ['T.0', '2'],
      ['2.0', '3'],
    ]);
  });

  it('keeps rows behind a truncate, and their order', () => {
    const s = stream();
    s.begin();
    s.rows(1);
    s.truncate();
    s.rows(2);
    s.commit();
    expect(s.take().map(brief)).toEqual([
      ['1.0', null],
      ['T.1', null],
      ['2.2', '1'],
    ]);
  });

  it('ends a transaction in parts even when nothing is left of it', () => {
    const s = stream();
    s.begin();
    s.rows(1);
    s.builder.cut();
    s.commit();
    expect(s.take().map(brief)).toEqual([
      ['1.0', null],
      ['', '1'],
    ]);
  });

  it('keeps rows of two shapes apart', () => {
    const s = stream();
    s.transaction(1);
    s.begin();
    s.rows(2);
    s.builder.cut();
    s.rows(3);
    s.commit();
    expect(s.take().map(brief)).toEqual([
      ['1.0', '1'],
      ['2.0', null],
      ['3.1', '2'],
    ]);
  });

  it('makes one position of several without changes, and keeps what was said with one of them', () => {
    const s = stream();
    s.begin();
    s.commit('schema');
    s.builder.cut();
    s.transaction();
    s.builder.cut();
    s.transaction();
    expect(s.take().map(brief)).toEqual([['', '3', 'schema']]);
  });

  it('accounts for everything it retains', () => {
    const s = stream({ maxChanges: 4 });
    s.transaction(1, 2);
    s.begin();
    s.rows(3, 4, 5, 6, 7, 8);
    expect(s.builder.pendingChanges).toBe(8);
    const before = s.builder.pendingBytes;
    const batch = s.builder.take();
    expect(s.builder.pendingBytes).toBe(before - (batch?.bytes ?? 0));
    s.commit();
    s.take();
    expect([s.builder.pendingBytes, s.builder.pendingChanges]).toEqual([0, 0]);
  });

  it('gives every change once and in order, positions that grow, and none inside a transaction', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('rows' as const), count: fc.integer({ min: 1, max: 7 }) }),
      fc.record({ kind: fc.constantFrom('commit' as const, 'flush' as const, 'cut' as const) }),
    );
    const limits = fc.record({
      maxChanges: fc.integer({ min: 1, max: 6 }),
      maxBytes: fc.integer({ min: 1, max: 1_500 }),
    });
    fc.assert(
      fc.property(limits, fc.array(step, { maxLength: 40 }), (given, steps) => {
        const s = stream(given);
        const expected: string[] = [];
        let [id, sequence, number] = [0, 0, 1];
        s.begin();
        for (const each of steps) {
          if (each.kind === 'rows') {
            const ids = Array.from({ length: each.count }, () => id++);
            expected.push(...ids.map((one) => `${one} t${number} ${sequence++}`));
            s.rows(...ids);
          } else if (each.kind === 'commit') {
            s.commit();
            s.begin();
            [sequence, number] = [0, number + 1];
          } else s.builder[each.kind]();
        }
        s.commit();
        const batches = s.take();
        const changes = batches.flatMap((batch) => [...batch.changes]);
        expect(
          changes.map(({ image, transaction, sequence }) => `${image.after?.text(0)} ${transaction?.id} ${sequence}`),
        ).toEqual(expected);
        let last = 0;
        let open: string | null = null;
        for (const batch of batches) {
          const ids = [...new Set([...batch.changes].map(({ transaction }) => transaction?.id))];
          const { length } = batch.changes;
          expect(length).toBeLessThanOrEqual(given.maxChanges);
          if (length > 1) expect(batch.bytes - 5 * 7 - bytesPerRecord).toBeLessThanOrEqual(given.maxBytes);
          if (open !== null) expect(ids.filter((one) => one !== open)).toEqual([]);
          if (batch.position === null) expect(ids).toEqual([batch.transaction.id]);
          else {
            expect(Number(batch.position)).toBeGreaterThan(last);
            last = Number(batch.position);
            for (const one of ids) expect(Number(one?.slice(1))).toBeLessThanOrEqual(last);
          }
          open = batch.position === null ? batch.transaction.id : null;
        }
        expect([last, open]).toEqual([number, null]);
      }),
    );
  });
});
