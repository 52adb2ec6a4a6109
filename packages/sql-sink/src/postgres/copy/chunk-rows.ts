import { type Change, type Chunk, createChange, qualifiedName, type RowImage } from '@millrace/core';
import { RowReader } from '../../apply/row-reader.ts';
import { UnexpectedOutcome } from '../../apply/unexpected-outcome.ts';
import { type CopyFormat, copyStatement } from '../apply/bulk-statements.ts';
import { addCopy } from '../apply/copy-rows.ts';
import type { Message } from '../apply/message.ts';
import type { TablePlan } from '../target/table-plan.ts';
import { CopyMessages } from './copy-messages.ts';

/** The format in which a chunk's data can go as it is to a table of the target; `null`: in none. */
const formatAsIs = ({ relation, encoded }: Chunk, { written }: TablePlan): CopyFormat | null => {
  // The data has every column that the source does not compute itself.
  const columns = relation.columns.filter(({ generated }) => !generated).length;
  if (encoded === null || columns !== written.length) return null;
  if (encoded.format === 'postgres-text') return 'text';
  return encoded.format === 'postgres-binary' && written.every(({ sameBinary }) => sameBinary) ? 'binary' : null;
};

/** The rows of one chunk, for as many attempts as it takes to write them. */
export class ChunkRows {
  readonly chunk: Chunk;
  readonly plan: TablePlan;
  #rows: readonly RowImage[] | null = null;

  constructor(chunk: Chunk, plan: TablePlan) {
    this.chunk = chunk;
    this.plan = plan;
  }

  get rows(): readonly RowImage[] {
    this.#rows ??= [...this.chunk.rows];
    return this.#rows;
  }

  /** Adds a COPY of them into a table that has the columns of the plan. */
  addTo(message: Message, into: string): void {
    const { chunk, plan } = this;
    const format = formatAsIs(chunk, plan);
    if (format === null || chunk.encoded === null) {
      this.#encode(message, into);
      return;
    }
    const data = new CopyMessages(chunk.encoded.data);
    // The source does not send it: it is NULL, as in every row that is there.
    const columns = plan.written.filter((column) => column !== plan.deletedAt);
    message.addCopy(copyStatement(into, columns, format), into, data, chunk.length);
  }

  #encode(message: Message, into: string): void {
    const { length, indexed } = this.chunk;
    const numbers = Array.from({ length }, (_, at) => at);
    const columns = this.plan.written;
    const reader = new RowReader(indexed ?? this.#changes());
    const partial = addCopy(message, reader, { into, columns, rows: numbers, image: 'after' });
    if (partial.length > 0) throw new UnexpectedOutcome('a row without all of its columns');
  }

  #changes(): readonly Change[] {
    const { relation } = this.chunk;
    return this.rows.map((after, sequence): Change => {
      const table = qualifiedName(relation);
      return createChange({ op: 'read', table, relation, transaction: null, sequence, before: null, after });
    });
  }
}
