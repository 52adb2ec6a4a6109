/**
 * Bytes that are no message of the protocol, or a message in the wrong place. Internal to the decoder, which turns it
 * into `DECODE_FAILED` with the kind of message and the table.
 */
export class MalformedMessage extends Error {
  /** Where in the memory that the message lies in. */
  readonly offset: number;

  constructor(offset: number, reason: string) {
    super(reason);
    this.name = 'MalformedMessage';
    this.offset = offset;
  }
}
