/** The contents of CopyData messages that come in pieces (PostgreSQL manual, "Message Formats"). */
export const copyContents = (pieces: readonly Uint8Array[]): Buffer => {
  const all = Buffer.concat(pieces);
  const contents: Buffer[] = [];
  for (let at = 0; at < all.length; ) {
    if (all.toString('latin1', at, at + 1) !== 'd') throw new Error('not a CopyData message');
    const end = at + 1 + all.readUInt32BE(at + 1);
    if (end > all.length) throw new Error('a CopyData message without its end');
    contents.push(all.subarray(at + 5, end));
    at = end;
  }
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
