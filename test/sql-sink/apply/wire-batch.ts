import type { ChangeBatch } from '@millrace/core';
import { encode, oids, table } from '../../../packages/postgres-source/src/pgoutput/message-encoder.test-support.ts';
import { PgoutputDecoder } from '../../../packages/postgres-source/src/pgoutput/pgoutput-decoder.ts';

/** The table of these batches. */
export const wireItems = table(16_400, 'items', { id: oids.int4, note: oids.text, code: oids.text });

export const int4 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};

/** A batch that the source made of these messages about `wireItems`. */
export const wireBatch = (messages: readonly Buffer[]): ChangeBatch => {
  const decoder = new PgoutputDecoder({ limits: { maxChanges: 100, maxBytes: 1e6 }, primaryKey: () => ['id'] });
  for (const part of [encode.begin(1n), encode.relation(wireItems), ...messages, encode.commit(1n, 2n)])
    decoder.push(part);
  decoder.flush();
  const batch = decoder.take();
  if (batch === null) throw new Error('no batch');
  return batch;
};
