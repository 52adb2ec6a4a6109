/** The contents of whole CopyData messages (PostgreSQL manual, "Message Formats"). */
export const copyContents = (messages: readonly Uint8Array[]): Buffer => {
  const contents = messages.map((bytes) => {
    const message = Buffer.from(bytes);
    if (message.toString('latin1', 0, 1) !== 'd') throw new Error('not a CopyData message');
    if (message.readUInt32BE(1) !== message.length - 1) throw new Error('a CopyData message of another length');
    return message.subarray(5);
  });
  return Buffer.concat(contents);
};

const meanings: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

/** Rows in COPY's text format, each value a string of bytes (PostgreSQL manual, COPY, "Text Format"). */
export const parseCopyText = (contents: Buffer): readonly (readonly (string | null)[])[] => {
  const text = contents.toString('latin1');
  if (text !== '' && !text.endsWith('\n')) throw new Error('a row without an end');
  const lines = text.split('\n').slice(0, -1);
  return lines.map((line) => {
    if (line.includes('\r')) throw new Error('a carriage return that is data');
    return line
      .split('\t')
      .map((value) =>
        value === '\\N' ? null : value.replace(/\\(.)/g, (_, letter: string) => meanings[letter] ?? letter),
      );
  });
};

/** Rows in COPY's binary format (PostgreSQL manual, COPY, "Binary Format"). */
export const parseCopyBinary = (contents: Buffer): readonly (readonly (Buffer | null)[])[] => {
  if (contents.toString('latin1', 0, 11) !== 'PGCOPY\n\xff\r\n\0') throw new Error('another signature');
  const flags = contents.readInt32BE(11);
  let at = 19 + contents.readInt32BE(15);
  if (flags !== 0) throw new Error('flags');
  const rows: (Buffer | null)[][] = [];
  for (;;) {
    const count = contents.readInt16BE(at);
    at += 2;
    if (count === -1) break;
    const row: (Buffer | null)[] = [];
    for (let column = 0; column < count; column++) {
      const length = contents.readInt32BE(at);
      at += 4;
      if (length > contents.length - at) throw new Error('a value past the end');
      row.push(length < 0 ? null : contents.subarray(at, at + length));
      at += Math.max(0, length);
    }
    rows.push(row);
  }
  if (at !== contents.length) throw new Error('something behind the trailer');
  return rows;
};
