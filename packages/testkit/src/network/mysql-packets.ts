const header = 4;
const [okMarker, errorMarker, fileMarker, endMarker] = [0x00, 0xff, 0xfb, 0xfe] as const;
const commandQuery = 0x03;
/** An EOF packet is shorter; a row may begin with the same byte. */
const longestEnd = 9;
/** The status of a result that others follow, and the flag of a client that goes on encrypted. */
const [moreResults, encrypts] = [0x0008, 0x0800] as const;

/**
 * Follows one connection to MySQL or MariaDB: the statements that its client sends, and where the answer to them ends (MySQL
 * source documentation, "Command Phase"). Of a client that does without `CLIENT_DEPRECATE_EOF`.
 */
export class MysqlPackets {
  #state: 'login' | 'idle' | 'result' | 'columns' | 'rows' = 'login';

  /** Whether everything behind this packet is encrypted. */
  asksForEncryption(bytes: Buffer): boolean {
    return this.#state === 'login' && bytes.length === header + 32 && (bytes.readUInt32LE(header) & encrypts) !== 0;
  }

  /** The SQL whose execution this packet of the client begins; undefined for every other packet. */
  statement(bytes: Buffer): string | undefined {
    if (bytes[3] !== 0 || bytes[header] !== commandQuery) return undefined;
    this.#state = 'result';
    return bytes.toString('utf8', header + 1);
  }

  /** Whether this packet of the server is the last of the answer to a statement. */
  endsAnswer(bytes: Buffer): boolean {
    const marker = bytes[header];
    if (this.#state === 'login' || this.#state === 'idle') return false;
    if (marker === errorMarker) return this.#end(0);
    const isEnd = marker === endMarker && bytes.length - header < longestEnd;
    switch (this.#state) {
      case 'result':
        if (marker === okMarker)
          return this.#end(bytes.readUInt16LE(afterNumber(bytes, afterNumber(bytes, header + 1))));
        if (marker !== fileMarker) this.#state = 'columns';
        return false;
      case 'columns':
        if (isEnd) this.#state = 'rows';
        return false;
      case 'rows':
        return isEnd && this.#end(bytes.readUInt16LE(header + 3));
    }
  }

  #end(status: number): boolean {
    const more = (status & moreResults) !== 0;
    this.#state = more ? 'result' : 'idle';
    return !more;
  }
}

/** Behind a length-encoded integer. */
const afterNumber = (bytes: Buffer, at: number): number => {
  const first = bytes[at] ?? 0;
  return at + (first < fileMarker ? 1 : first === 0xfc ? 3 : first === 0xfd ? 4 : 9);
};
