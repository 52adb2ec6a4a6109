import { CopyContent } from '../snapshot/copy-content.ts';
import type { CopySession } from '../snapshot/copy-session.ts';

export interface RowsRequest {
  /** Has one COPY in text form. */
  readonly text: string;
  /** About how much comes at once. */
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

interface ReadRows {
  readonly pieces: readonly Buffer[];
  /** How many rows they hold. */
  readonly length: number;
  /** They are the last ones, and every statement has succeeded. */
  readonly done: boolean;
}

/** What one COPY sends, piece by piece: while nobody asks for more the socket is not read, and the server waits. */
export async function* readRows(session: CopySession, request: RowsRequest): AsyncGenerator<ReadRows, void, undefined> {
  const { text, maxBytes, signal } = request;
  const ready: ReadRows[] = [];
  let content = new CopyContent();
  let length = 0;
  const cut = (done: boolean) => {
    ready.push({ pieces: content.finish(), length, done });
    content = new CopyContent();
    length = 0;
  };
  let wake = () => {};
  // Each message is a row in text form (PostgreSQL manual, "COPY Operations").
  const take = (bytes: Buffer, start: number, end: number): void => {
    if (content.bytes >= maxBytes) {
      cut(false);
      session.pause();
      wake();
    }
    content.add(bytes, start, end);
    length += 1;
  };
  const reading = session.run(text, take, signal, 'copy the rows of a query');
  const isRead = reading.then(() => true);
  isRead.catch(() => {});
  for (;;) {
    const more = new Promise<boolean>((resolve) => {
      wake = () => resolve(false);
    });
    session.resume();
    const isOver = await Promise.race([isRead, more]);
    if (isOver) {
      session.resume();
      cut(true);
    }
    for (let next = ready.shift(); next !== undefined; next = ready.shift()) yield next;
    if (isOver) return;
  }
}
