import { lengthAt, lengthSize } from './encoded-length.ts';
import {
  type Completion,
  endMarker,
  errorMarker,
  fileMarker,
  okMarker,
  parseCompletion,
  parseEnd,
  parseRefusal,
  type ServerRefusal,
} from './server-packet.ts';

/** What a result consists of. */
export interface AnswerHandler {
  /** A result with rows begins. Called before each of them, never for statements without. */
  columns(names: readonly string[]): void;
  /** One row, between `start` and `end`: its values one after the other, as `encoded-length.ts` has them. */
  row(bytes: Buffer, start: number, end: number): void;
  /** The server waits for the data of the statement. */
  file(): void;
  /** A statement has been carried out. */
  end(completion: Completion): void;
}

/** The status of a result that others follow (MySQL source documentation, "Server Status Flags"). */
const moreResults = 0x0008;
/** An EOF packet is shorter; a row may begin with the same byte. */
const longestEnd = 9;

export class UnexpectedPacket extends Error {}

/**
 * Reads the packets of the answer to statements that were sent together, as text (MySQL source documentation, "Text
 * Resultset"; the connection was made without `CLIENT_DEPRECATE_EOF`). Pure: it waits for nothing.
 */
export class AnswerReader {
  readonly #handler: AnswerHandler;
  #state: 'result' | 'columns' | 'rows' = 'result';
  #columns = 0;
  #names: string[] = [];
  #completed = 0;

  constructor(handler: AnswerHandler) {
    this.#handler = handler;
  }

  /** How many of the statements that were sent have been carried out. */
  get completed(): number {
    return this.#completed;
  }

  /** True at the last packet; what the server refused with, at an error. Throws `UnexpectedPacket`. */
  push(bytes: Buffer, start: number, end: number): boolean | ServerRefusal {
    const marker = start < end ? bytes[start] : undefined;
    if (this.#state === 'rows' && marker !== undefined && marker < endMarker) {
      this.#handler.row(bytes, start, end);
      return false;
    }
    return this.#packet(marker, bytes.subarray(start, end));
  }

  #packet(marker: number | undefined, payload: Buffer): boolean | ServerRefusal {
    if (marker === undefined) throw new UnexpectedPacket('an empty packet');
    if (marker === errorMarker) return parseRefusal(payload);
    switch (this.#state) {
      case 'result':
        return this.#result(payload);
      case 'columns':
        if (isEnd(payload)) {
          this.#handler.columns(this.#names);
          this.#state = 'rows';
        } else if (this.#names.length === this.#columns) throw new UnexpectedPacket('another column');
        else this.#names.push(nameOf(payload));
        return false;
      case 'rows':
        if (isEnd(payload)) return this.#end(parseEnd(payload));
        this.#handler.row(payload, 0, payload.length);
        return false;
    }
  }

  #result(payload: Buffer): boolean {
    if (payload[0] === okMarker) return this.#end(parseCompletion(payload));
    if (payload[0] === fileMarker) {
      this.#handler.file();
      return false;
    }
    this.#columns = lengthAt(payload, 0);
    if (this.#columns < 1) throw new UnexpectedPacket('a result of another kind');
    this.#names = [];
    this.#state = 'columns';
    return false;
  }

  #end({ status, ...completion }: ReturnType<typeof parseEnd>): boolean {
    this.#state = 'result';
    this.#completed += 1;
    this.#handler.end(completion);
    return (status & moreResults) === 0;
  }
}

const isEnd = (payload: Buffer): boolean => payload[0] === endMarker && payload.length < longestEnd;

/** The name that the statement gives a column stands behind those of catalog, schema and tables. */
const nameOf = (payload: Buffer): string => {
  let at = 0;
  for (let text = 0; text < 4; text++) at += lengthSize(payload, at) + Math.max(0, lengthAt(payload, at));
  const start = at + lengthSize(payload, at);
  return payload.toString('utf8', start, start + lengthAt(payload, at));
};
