import type { ChangeBatch } from '@millrace/core';
import type { RowsEvent } from '../binlog/binlog-event.ts';
import { columnType } from '../binlog/column-type.ts';
import { definitionOf } from '../rows/definition-of.ts';
import { tableFormat } from '../rows/table-format.ts';
import { tableMap } from '../rows/table-map.test-support.ts';
import type { TableDefinition } from '../schema/table-definition.ts';

/** A table `s.t` of a number. */
export const numbers = tableMap([{ type: columnType.long, metadata: 0, nullable: false, unsigned: false, name: 'id' }]);
export const numbersFormat = tableFormat(numbers, definitionOf(numbers) as TableDefinition, { version: 1 });

/** An event that inserts these numbers. */
export const inserts = (...ids: readonly number[]): RowsEvent => {
  const body = Buffer.alloc(5 * ids.length);
  for (const [index, id] of ids.entries()) body.writeInt32LE(id, 5 * index + 1);
  return {
    kind: 'rows',
    operation: 'insert',
    tableId: 1,
    columns: 1,
    before: null,
    after: Uint8Array.of(1),
    partialJson: false,
    body,
    start: 0,
    end: body.length,
  };
};

/** Each change as its number or `T` with its place in the transaction, and where the batch ends. */
export const brief = ({ changes, ...batch }: ChangeBatch) => [
  [...changes]
    .map(({ op, sequence, image }) => `${op === 'truncate' ? 'T' : image.after?.text(0)}.${sequence}`)
    .join(' '),
  batch.position,
  ...('state' in batch && batch.state !== undefined ? [batch.state] : []),
];
