/**
 * Bytes that are no event, or an event of an unknown form. Internal to the decoder, which turns it into an error with
 * the place.
 */
export class MalformedEvent extends Error {
  readonly code: 'BINLOG_CORRUPT' | 'BINLOG_NOT_UNDERSTOOD';

  constructor(reason: string, code: 'BINLOG_CORRUPT' | 'BINLOG_NOT_UNDERSTOOD' = 'BINLOG_NOT_UNDERSTOOD') {
    super(reason);
    this.name = 'MalformedEvent';
    this.code = code;
  }
}
