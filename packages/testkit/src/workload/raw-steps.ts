import fc from 'fast-check';

export const workloadKinds = [
  'insert',
  'update',
  'key-change',
  'hand-over',
  'delete',
  'replace',
  'truncate',
  'schema-change',
] as const;

/**
 * `hand-over`: a row gives up its key or another unique value, and a second row takes it. `replace`: a row is deleted, and
 * another is inserted with its key.
 */
export type WorkloadKind = (typeof workloadKinds)[number];

const weights: Readonly<Record<WorkloadKind, number>> = {
  insert: 14,
  update: 8,
  'key-change': 4,
  'hand-over': 6,
  delete: 4,
  replace: 3,
  truncate: 1,
  'schema-change': 2,
};

/** The raw material of one step: what it means depends on the tables and rows that are there. */
export interface RawStep {
  readonly kind: WorkloadKind;
  /** `null`: the one that most of its transaction is about. */
  readonly table: number | null;
  readonly row: number;
  /** Of how many rows. */
  readonly count: number;
  /** Which columns an update sets, bit by bit; 0: all. */
  readonly columns: number;
  readonly numbers: readonly number[];
}

/** A savepoint, or the end of the newest; those that are left are released with the transaction. */
export type RawMark = { readonly kind: 'savepoint' } | { readonly kind: 'release' } | { readonly kind: 'roll-back' };

export interface RawTransaction {
  readonly table: number;
  readonly steps: readonly (RawStep | RawMark)[];
  readonly outcome: 'committed' | 'rolled-back';
}

export interface RawLimits {
  readonly kinds: readonly WorkloadKind[];
  readonly transactions: number;
  readonly stepRows: number;
  readonly rollbacks: boolean;
}

/** Mostly small, so that keys and unique values meet. */
const number = fc.oneof({ weight: 4, arbitrary: fc.nat(11) }, { weight: 1, arbitrary: fc.nat(9_999) });

export const rawTransactions = ({
  kinds,
  transactions,
  stepRows,
  rollbacks,
}: RawLimits): fc.Arbitrary<RawTransaction[]> => {
  const step: fc.Arbitrary<RawStep> = fc.record({
    kind: fc.oneof(...kinds.map((kind) => ({ weight: weights[kind], arbitrary: fc.constant(kind) }))),
    table: fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.nat(99) }),
    row: fc.nat(999),
    count: fc.oneof(
      { weight: 9, arbitrary: fc.constant(1) },
      { weight: 1, arbitrary: fc.integer({ min: 1, max: stepRows }) },
    ),
    columns: fc.nat(255),
    numbers: fc.array(number, { minLength: 4, maxLength: 4 }),
  });
  const marks: RawMark[] = [{ kind: 'savepoint' }, { kind: 'savepoint' }, { kind: 'release' }, { kind: 'roll-back' }];
  const mark = fc.constantFrom(...marks.filter(({ kind }) => rollbacks || kind !== 'roll-back'));
  const some = fc.oneof({ weight: 8, arbitrary: step }, { weight: 1, arbitrary: mark });
  const transaction: fc.Arbitrary<RawTransaction> = fc.record({
    table: fc.nat(99),
    steps: fc.oneof(
      { weight: 6, arbitrary: fc.array(some, { maxLength: 8, size: 'max' }) },
      { weight: 1, arbitrary: fc.array(some, { maxLength: 40, size: 'max' }) },
    ),
    outcome: fc.nat(rollbacks ? 5 : 0).map((chosen) => (chosen < 5 ? 'committed' : 'rolled-back')),
  });
  return fc.array(transaction, { minLength: 1, maxLength: transactions, size: 'max' });
};
