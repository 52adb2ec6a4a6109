import {
  type Change,
  type ChangeBatch,
  createChange,
  decodedRow,
  type ExactCopyRequest,
  qualifiedName,
  type Relation,
  type SelectedTable,
  type SourceContext,
  type StructurePart,
  type TableStorage,
  type Transaction,
} from '@millrace/core';
import {
  type LoggedChange,
  type MemoryOrigin,
  otherRelations,
  type Reader,
  type Row,
} from './memory-origin.test-support.ts';
import { MemorySource } from './memory-source.test-support.ts';

/** Of conditions there are `id < 1` and `id >= 1`. */
const holds = (where: string | undefined, row: Row | undefined): boolean => {
  if (row === undefined) return false;
  const [, sign, limit] = /id (<|>=) (\d+)$/.exec(where ?? '') ?? [];
  if (limit === undefined) return true;
  return sign === '<' ? row.id < Number(limit) : row.id >= Number(limit);
};

/** A source in memory that can do what need not be: filter rows, take other keys and queries, and have sides. */
export class CapableSource extends MemorySource {
  override readonly capabilities: MemorySource['capabilities'] = {
    copy: 'exact',
    startPoints: true,
    rowFilters: true,
    keys: true,
    queries: true,
    formats: [],
  };
  readonly #side: string | null;
  readonly #keyed = new Map<Relation, Relation>();

  constructor(origin: MemoryOrigin, side: string | null = null) {
    super(origin);
    this.#side = side;
  }

  side(name: string): CapableSource {
    return new CapableSource(this.origin, name);
  }

  override get reader(): Reader | null {
    return this.#side === null ? this.origin.reader : (this.origin.sides.get(this.#side) ?? null);
  }

  override set reader(reader: Reader | null) {
    if (this.#side === null) this.origin.reader = reader;
    else if (reader === null) this.origin.sides.delete(this.#side);
    else this.origin.sides.set(this.#side, reader);
  }

  override async describe(context: SourceContext) {
    const queries = context.tables.filter(({ query }) => query !== undefined).map(({ name }) => this.asked(name));
    const found = await super.describe(context);
    return [...found.map((relation) => this.keyed(relation, context.tables)), ...queries];
  }

  async retention(_streamId: string): Promise<{ readonly bytes: number; readonly limit: number | null }> {
    return { bytes: 0, limit: null };
  }

  async describeStorage(tables: readonly string[]) {
    const storage: TableStorage = {
      heap: 'the only one',
      columns: Object.fromEntries(
        this.origin.relation.columns.map(({ name }, at) => [name, { id: String(at), revision: '1', fill: null }]),
      ),
    };
    return new Map(tables.map((name) => [name, storage]));
  }

  async describeStructure(_context: SourceContext, tables: readonly string[]) {
    const partsOf = ({ unique = [] }: Relation): readonly StructurePart[] =>
      unique.map(({ terms }, at) => {
        const columns = terms.map((term) => term.replaceAll('"', ''));
        const indexed = columns.map((name) => ({ name, descending: false, length: null, collation: null }));
        return { kind: 'unique', name: `unique_${at}`, sql: '', columns, indexed, constraint: null };
      });
    const those = otherRelations.filter((relation) => tables.includes(qualifiedName(relation)));
    return new Map(those.map((relation) => [qualifiedName(relation), partsOf(relation)]));
  }

  override *transaction(number: number): Generator<ChangeBatch> {
    for (const batch of super.transaction(number)) {
      const isLeftOut = ({ id }: Change) => this.#leftOut.delete(id);
      const changes = ([...batch.changes] as Change[]).filter((change) => !isLeftOut(change));
      yield this.batch(changes, batch.position === null ? batch : { position: batch.position });
    }
  }

  /** Ids of changes of rows for which a condition does not hold. */
  readonly #leftOut = new Set<string>();

  override change(logged: LoggedChange, transaction: Transaction, sequence: number): Change {
    const { change, relation, old, row } = logged;
    const { where } = this.selected;
    const made = super.change(logged, transaction, sequence);
    if (change.op === 'truncate') return made;
    const [was, is] = [holds(where, old), holds(where, row)];
    if (!was && !is) this.#leftOut.add(made.id);
    if (was === is || change.op !== 'update') return made;
    const before = was ? decodedRow(relation, { id: old?.id }) : null;
    const after = is ? decodedRow(relation, { ...row }) : null;
    return createChange({
      op: is ? 'insert' : 'delete',
      table: made.table,
      relation,
      transaction,
      sequence,
      before,
      after,
    });
  }

  override copied(change: Change, transaction: Transaction, sequence: number): Change {
    const relation = this.keyed(change.relation, this.context?.tables ?? []);
    const { op, table, image } = change;
    const rowOf = (row: Change['image']['after']) => row && decodedRow(relation, row.toObject());
    const [before, after] = [rowOf(image.before), rowOf(image.after)];
    return createChange({ op, table, relation, transaction, sequence, before, after });
  }

  override rows(where?: string) {
    return super.rows().filter((row) => holds(this.selected.where, row) && holds(where, row));
  }

  override async planCopy(table: string, count: number) {
    const plan = await super.planCopy(table, count);
    return this.query(table) === undefined ? plan : { ...plan, ranges: null };
  }

  override async *copyExactly(request: ExactCopyRequest, signal: AbortSignal) {
    const query = this.query(request.table);
    for await (const chunk of super.copyExactly(request, signal)) {
      if (query === undefined) {
        yield chunk;
        continue;
      }
      const relation = this.asked(request.table);
      const those = [...chunk.rows].map((row) => row.toObject() as Row).filter((row) => holds(query, row));
      const rows = those.map(({ id, note }) => decodedRow(relation, { id, note }));
      yield { ...chunk, relation, rows, length: rows.length };
    }
  }

  query(table: string): string | undefined {
    return this.context?.tables.find(({ name }) => name === table)?.query;
  }

  /** What a query makes. */
  asked(name: string): Relation {
    const { relation } = this.origin;
    return { ...relation, table: name.split('.')[1] ?? '', columns: relation.columns.slice(0, 2) };
  }

  get selected(): Pick<SelectedTable, 'where'> {
    const name = qualifiedName(this.origin.relation);
    return this.context?.tables.find((table) => table.name === name) ?? {};
  }

  /** With the key that was asked for; the same object for the same relation. */
  keyed(relation: Relation, tables: readonly SelectedTable[]): Relation {
    const names = tables.find(({ name }) => name === qualifiedName(relation))?.key;
    if (names === undefined) return relation;
    const key = names.map((name) => relation.columns.findIndex((column) => column.name === name));
    const known = this.#keyed.get(relation) ?? { ...relation, key };
    this.#keyed.set(relation, known);
    return known;
  }
}
