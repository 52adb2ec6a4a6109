/** Bytes, and a view of the same that reads and writes several of them at a time. */
export interface Memory {
  readonly bytes: Buffer;
  readonly view: DataView;
}

export const memoryOf = (bytes: Buffer): Memory => ({
  bytes,
  view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length),
});

/** From here on copying in JavaScript costs more than a call into Node. */
const long = 512;

/** Copies bytes for which there is room, and returns where the copy ends. */
export const copyBytes = (source: Memory, start: number, end: number, target: Memory, at: number): number => {
  if (end - start > long) return at + source.bytes.copy(target.bytes, at, start, end);
  const [from, to] = [source.view, target.view];
  const moved = at - start;
  let place = start;
  for (const last = end - 8; place <= last; place += 8) {
    to.setInt32(place + moved, from.getInt32(place));
    to.setInt32(place + moved + 4, from.getInt32(place + 4));
  }
  for (; place < end; place++) to.setUint8(place + moved, from.getUint8(place));
  return end + moved;
};
