import fc from 'fast-check';
import { type Cell, encode, oids, type Table, table } from './message-encoder.test-support.ts';

const tables: readonly Table[] = [
  table(16_400, 'users', { id: oids.int4, name: oids.text, bio: oids.text }),
  table(16_401, 'orders', { id: oids.int8 }),
  table(0xffff_fff0, 'full', { id: oids.int4, a: oids.text, b: oids.text }, 'f'),
];

type TextCell = string | null | undefined;

/** What is expected of a change, by the texts of its columns. */
export interface ExpectedChange {
  readonly op: string;
  readonly table: string;
  readonly transaction: string;
  readonly sequence: number;
  readonly after: Readonly<Record<string, string | null>> | null;
  readonly before: Readonly<Record<string, string | null>> | null;
}

/** One message of a transaction and the changes it stands for. */
interface Step {
  readonly message: Buffer;
  readonly changes: readonly Omit<ExpectedChange, 'transaction' | 'sequence'>[];
}

export interface History {
  readonly messages: readonly Buffer[];
  /** For each message the WAL end that a keepalive behind it might have. */
  readonly walEnds: readonly bigint[];
  readonly transactions: readonly {
    readonly start: bigint;
    readonly end: bigint;
    readonly changes: readonly ExpectedChange[];
    /** For each change the number of its message inside the transaction. */
    readonly steps: readonly number[];
  }[];
}

const text = fc.oneof(
  { weight: 20, arbitrary: fc.string({ maxLength: 12, unit: 'grapheme' }) },
  { weight: 1, arbitrary: fc.nat({ max: 40_000 }).map((length) => 'x'.repeat(length)) },
);
const cell = fc.oneof(
  { weight: 6, arbitrary: text },
  { weight: 1, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: fc.constant(undefined) },
);
const rowOf = (shape: Table) => fc.tuple(text, ...shape.columns.slice(1).map(() => cell));

const object = (shape: Table, row: readonly TextCell[]): Record<string, string | null> =>
  Object.fromEntries(
    shape.columns.flatMap(({ name }, index) => {
      const value = row[index];
      return value === undefined ? [] : [[name, value]];
    }),
  );

const keyOnly = (row: readonly TextCell[]): readonly Cell[] => row.map((value, index) => (index === 0 ? value : null));

const step = (shape: Table): fc.Arbitrary<Step> => {
  const name = `public.${shape.table}`;
  const row = rowOf(shape);
  const old = shape.identity === 'f' ? 'O' : 'K';
  const before = (image: readonly TextCell[]) => object(shape, old === 'O' ? image : image.slice(0, 1));
  const wire = (image: readonly TextCell[]) => ({ kind: old, row: old === 'O' ? image : keyOnly(image) }) as const;
  return fc.oneof(
    row.map((after) => ({
      message: encode.insert(shape.oid, after),
      // A row that an update makes visible comes so.
      changes: [
        { op: after.includes(undefined) ? 'update' : 'insert', table: name, after: object(shape, after), before: null },
      ],
    })),
    row.map((after) => ({
      message: encode.update(shape.oid, after),
      changes: [{ op: 'update', table: name, after: object(shape, after), before: null }],
    })),
    fc.tuple(row, row).map(([previous, after]) => {
      const taken = after.map((value, index) =>
        value === undefined && old === 'O' ? (previous[index] ?? undefined) : value,
      );
      return {
        message: encode.update(shape.oid, after, wire(previous)),
        changes: [{ op: 'update', table: name, after: object(shape, taken), before: before(previous) }],
      };
    }),
    row.map((previous) => ({
      message: encode.delete(shape.oid, old, wire(previous).row),
      changes: [{ op: 'delete', table: name, after: null, before: before(previous) }],
    })),
  );
};

const noise: fc.Arbitrary<Step> = fc
  .constantFrom(
    encode.origin(1n, 'elsewhere'),
    encode.type(16_500, 'public', 'mood'),
    encode.message(true, 'prefix', 'content'),
    encode.message(false, 'prefix', ''),
    encode.truncate([]),
    ...tables.map((shape) => encode.relation(shape)),
  )
  .map((message) => ({ message, changes: [] }));

const truncate: fc.Arbitrary<Step> = fc
  .array(fc.constantFrom(...tables), { minLength: 1, maxLength: 4 })
  .map((shapes) => ({
    message: encode.truncate(shapes.map(({ oid }) => oid)),
    changes: shapes.map(({ table: name }) => ({ op: 'truncate', table: `public.${name}`, after: null, before: null })),
  }));

const steps = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...tables).chain(step) },
    { weight: 1, arbitrary: noise },
    { weight: 1, arbitrary: truncate },
  ),
  { maxLength: 12 },
);

const transaction = fc.record({ gap: fc.nat({ max: 100 }), length: fc.integer({ min: 1, max: 1000 }), steps });

/** Any sequence of valid transactions, as messages and as the changes they stand for. */
export const history: fc.Arbitrary<History> = fc.array(transaction, { maxLength: 12 }).map((given) => {
  const messages: Buffer[] = tables.map((shape) => encode.relation(shape));
  const walEnds = messages.map(() => 0n);
  let lsn = 0xffff_ff00n;
  const transactions = given.map(({ gap, length, steps: made }) => {
    const start = lsn + BigInt(gap);
    const end = start + BigInt(length);
    // The server has read up to the next commit, and inside a transaction it may be anywhere.
    walEnds[walEnds.length - 1] = start;
    lsn = end;
    messages.push(encode.begin(start), ...made.map(({ message }) => message), encode.commit(start, end));
    walEnds.push(start, ...made.map((_, index) => end + BigInt(index * 1000)), end);
    const id = `${(start >> 32n).toString(16)}/${(start & 0xffff_ffffn).toString(16)}`.toUpperCase();
    const changes = made
      .flatMap((one) => one.changes)
      .map((change, sequence) => ({ ...change, transaction: id, sequence }));
    return { start, end, changes, steps: made.flatMap((one, number) => one.changes.map(() => number)) };
  });
  return { messages, walEnds, transactions };
});
