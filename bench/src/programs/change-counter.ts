const copyData = 0x64;
const walData = 0x77;
const [insert, update] = [0x49, 0x55];
const headerBytes = 5;
/** `w`, two positions and a time stand before a message of the output plugin. */
const walHeaderBytes = 25;

/**
 * Counts the inserts and updates in a replication stream (PostgreSQL manual, "Message Formats", "Streaming Replication
 * Protocol") and looks at nothing else.
 */
export class ChangeCounter {
  changes = 0;
  #rest: Buffer = Buffer.alloc(0);

  /** Takes what one read of the socket gave, whatever it begins or ends with. */
  push(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    while (at + headerBytes <= bytes.length) {
      const end = at + 1 + bytes.readUInt32BE(at + 1);
      if (end > bytes.length) break;
      if (bytes[at] === copyData && bytes[at + headerBytes] === walData) {
        const kind = bytes[at + headerBytes + walHeaderBytes];
        if (kind === insert || kind === update) this.changes++;
      }
      at = end;
    }
    this.#rest = bytes.subarray(at);
  }
}
