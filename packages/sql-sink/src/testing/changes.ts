import {
  type Change,
  type Column,
  createChange,
  decodedRow,
  type Operation,
  qualifiedName,
  type Relation,
  type RowImage,
  type Transaction,
} from '@millrace/core';

export type Values = Readonly<Record<string, unknown>>;

export interface RelationParts {
  readonly schema?: string;
  readonly table: string;
  /** `name type`, `!` behind it for NOT NULL, `=` for a column that the source computes. */
  readonly columns: readonly string[];
  readonly key?: readonly string[] | null;
  readonly identity?: Relation['identity'];
}

const columnOf = (text: string): Column => {
  const [, name = '', native = '', mark = ''] = /^(\S+) (.*?)([!=]?)$/.exec(text) ?? [];
  const type = /^(integer|bigint|smallint)$/.test(native) ? 'bigint' : 'text';
  return { name, native, type, nullable: mark !== '!', generated: mark === '=' };
};

/** A relation for tests. */
export const relationOf = ({ schema = 'public', table, columns, key = null, identity }: RelationParts): Relation => {
  const described = columns.map(columnOf);
  const at = (name: string) => described.findIndex((column) => column.name === name);
  return {
    schema,
    table,
    version: 1,
    columns: described,
    key: key?.map(at) ?? null,
    identity: identity ?? (key === null ? 'full' : 'key'),
  };
};

/** Copied, so that a test may go on changing what it passed. */
const rowOf = (relation: Relation, values: Values): RowImage => decodedRow(relation, { ...values });

/** Numbers the changes of one source transaction and makes them. */
export class TestTransaction implements Transaction {
  readonly id: string;
  readonly commitTime = 1_700_000_000_000;
  readonly position: string;
  readonly #changes: Change[] = [];

  constructor(id: string) {
    this.id = id;
    this.position = id;
  }

  get changes(): readonly Change[] {
    return this.#changes;
  }

  insert(relation: Relation, after: Values): this {
    return this.#add('insert', relation, null, rowOf(relation, after));
  }

  read(relation: Relation, after: Values): this {
    return this.#add('read', relation, null, rowOf(relation, after));
  }

  update(relation: Relation, after: Values, before: Values | null = null): this {
    return this.#add('update', relation, before && rowOf(relation, before), rowOf(relation, after));
  }

  delete(relation: Relation, before: Values): this {
    return this.#add('delete', relation, rowOf(relation, before), null);
  }

  truncate(relation: Relation): this {
    return this.#add('truncate', relation, null, null);
  }

  #add(op: Operation | 'read', relation: Relation, before: RowImage | null, after: RowImage | null): this {
    const sequence = this.#changes.length;
    const table = qualifiedName(relation);
    this.#changes.push(createChange({ op, table, relation, transaction: this, sequence, before, after }));
    return this;
  }
}

/** Begins a source transaction for a test. */
export const transaction = (id = '0/1'): TestTransaction => new TestTransaction(id);
