import type { RowsEvent } from './binlog-event.ts';
import { inflateBody } from './compressed-body.ts';
import type { EventReader } from './event-reader.ts';
import { eventType } from './event-type.ts';
import { MalformedEvent } from './malformed-event.ts';

interface RowsForm {
  readonly operation: RowsEvent['operation'];
  /** Behind the flags stands what a storage engine or a partition adds. */
  readonly extraInfo: boolean;
  readonly compressed: boolean;
  readonly partialJson: boolean;
}

const forms: ReadonlyMap<number, RowsForm> = new Map(
  (['insert', 'update', 'delete'] as const).flatMap((operation, index): [number, RowsForm][] => [
    [eventType.writeRowsV1 + index, { operation, extraInfo: false, compressed: false, partialJson: false }],
    [eventType.writeRows + index, { operation, extraInfo: true, compressed: false, partialJson: false }],
    [eventType.writeRowsCompressedV1 + index, { operation, extraInfo: false, compressed: true, partialJson: false }],
    [eventType.writeRowsCompressed + index, { operation, extraInfo: true, compressed: true, partialJson: false }],
  ]),
).set(eventType.partialUpdateRows, { operation: 'update', extraInfo: true, compressed: false, partialJson: true });

/** The number of no table: such an event has no rows, it only ends a statement. */
const noTable = 0xff_ffff;

export const rowsForm = (type: number): RowsForm | undefined => forms.get(type);

/** Reads a rows event behind its header; `null`: it is one without rows. `limit`: the most bytes to inflate. */
export const readRowsEvent = (form: RowsForm, reader: EventReader, limit: number): RowsEvent | null => {
  const tableId = reader.uint48();
  reader.skip(2);
  if (form.extraInfo) {
    const length = reader.uint16();
    if (length < 2) throw new MalformedEvent('the length of its extra information does not count itself');
    reader.skip(length - 2);
  }
  const columns = reader.packed();
  const present = Math.ceil(columns / 8);
  const before = form.operation === 'insert' ? null : reader.view(present);
  const after = form.operation === 'delete' ? null : reader.view(present);
  if (tableId === noTable && reader.left === 0) return null;
  const images = form.compressed
    ? inflateBody(reader, limit)
    : { start: 0, end: reader.left, body: reader.view(reader.left) };
  return {
    kind: 'rows',
    operation: form.operation,
    tableId,
    columns,
    before,
    after,
    partialJson: form.partialJson,
    body: images.body,
    start: images.start,
    end: images.end,
  };
};
