/** What `toString` of a Buffer ends in. Node does not document it; what comes before it takes a third of the time of a short text. */
interface SlicedBuffer extends Buffer {
  utf8Slice?(start: number, end: number): string;
  latin1Slice?(start: number, end: number): string;
}

/** The text of bytes that are there. */
export const utf8Of = (bytes: SlicedBuffer, start: number, end: number): string =>
  bytes.utf8Slice?.(start, end) ?? bytes.toString('utf8', start, end);

export const latin1Of = (bytes: SlicedBuffer, start: number, end: number): string =>
  bytes.latin1Slice?.(start, end) ?? bytes.toString('latin1', start, end);
