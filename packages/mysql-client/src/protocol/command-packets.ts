const [commandQuit, commandQuery] = [0x01, 0x03] as const;
/** A payload this long goes on in the next packet (MySQL source documentation, "MySQL Packets"). */
const longestPacket = 0xff_ffff;
/** A server takes packets of data up to its `max_allowed_packet`, which may be small. */
const mostData = 256 * 1024;
const separator = ';\n';

const header = (length: number, sequence: number): Buffer => {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUIntLE(length, 0, 3);
  bytes[3] = sequence & 0xff;
  return bytes;
};

/** The polite end of a connection. */
export const quitPacket: Buffer = Buffer.concat([header(1, 0), Buffer.of(commandQuit)]);

/**
 * Statements as one command, in as many packets as it takes; the last one is not full. In pieces: what is given as bytes
 * is not copied.
 */
export function* queryPackets(statements: readonly (string | Buffer)[]): Generator<Buffer> {
  const pieces = [Buffer.of(commandQuery), ...textOf(statements)];
  let left = pieces.reduce((sum, { length }) => sum + length, 0);
  let [number, at] = [0, 0];
  for (let sequence = 0, length = longestPacket; length === longestPacket; sequence++) {
    length = Math.min(left, longestPacket);
    left -= length;
    yield header(length, sequence);
    for (let room = length; room > 0; ) {
      const piece = pieces[number] ?? Buffer.alloc(0);
      const part = piece.subarray(at, at + room);
      yield part;
      room -= part.length;
      at += part.length;
      if (at === piece.length) [number, at] = [number + 1, 0];
    }
  }
}

/** What lies between statements given as bytes is encoded at once. */
const textOf = (statements: readonly (string | Buffer)[]): readonly Buffer[] => {
  const pieces: Buffer[] = [];
  let text = '';
  for (const [index, statement] of statements.entries()) {
    if (index > 0) text += separator;
    if (typeof statement === 'string') text += statement;
    else {
      pieces.push(Buffer.from(text), statement);
      text = '';
    }
  }
  return [...pieces, Buffer.from(text)].filter(({ length }) => length > 0);
};

/**
 * The data of a LOAD DATA as packets, numbered from `sequence` on, and the empty one that ends them. They may be made
 * while they are sent.
 */
export function* dataPackets(data: Iterable<Buffer>, sequence: number): Generator<Buffer> {
  let number = sequence;
  for (const piece of data) {
    for (let at = 0; at < piece.length; at += mostData) {
      const part = piece.subarray(at, at + mostData);
      yield header(part.length, number++);
      yield part;
    }
  }
  yield header(0, number);
}
