import type { Writable } from 'node:stream';

/**
 * Writes pieces as fast as the other side takes them; small ones go out together. Resolves early when the stream closes,
 * and rejects with what making the pieces throws.
 */
export const writeAll = async (stream: Writable, pieces: Iterable<Buffer>): Promise<void> => {
  stream.cork();
  try {
    for (const piece of pieces) {
      if (stream.destroyed) return;
      if (stream.write(piece)) continue;
      stream.uncork();
      await drained(stream);
      stream.cork();
    }
  } finally {
    stream.uncork();
  }
};

const drained = (stream: Writable): Promise<void> =>
  new Promise((resolve) => {
    const end = () => {
      stream.off('drain', end).off('close', end);
      resolve();
    };
    if (!stream.writableNeedDrain) end();
    else stream.once('drain', end).once('close', end);
  });
