import { createStream, type Stream } from '@millrace/core';
import { postgresSource } from '@millrace/postgres-source';
import { postgresSink } from '@millrace/sql-sink/postgres';

export interface ShopStreamOptions {
  readonly source: string;
  readonly target: string;
  readonly slot: string;
  readonly snapshot?: 'initial' | 'never' | 'only';
  /** How fast the source may be read; 0: as fast as it goes. */
  readonly maxBytesPerSecond?: number;
  /** Absent: all. */
  readonly tables?: readonly string[];
  readonly missingRow?: 'skip';
}

/** A stream of the shop with chunks so small that a copy has many. */
export const shopStream = (options: ShopStreamOptions): Stream => {
  const {
    source,
    target,
    slot,
    snapshot = 'initial',
    maxBytesPerSecond = 0,
    tables = [],
    missingRow = 'insert',
  } = options;
  return createStream({
    id: 'shop',
    source: postgresSource({ connection: source, slot, publication: 'shop' }),
    sink: postgresSink({ connection: target, missingRow }),
    snapshot,
    tables,
    copy: { concurrency: 3, maxBytes: 64 * 1024, maxBytesPerSecond },
  });
};
