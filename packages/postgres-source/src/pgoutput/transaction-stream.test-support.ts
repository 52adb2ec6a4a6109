import type { ChangeBatch } from '@millrace/core';
import type { BatchLimits } from './batch-draft.ts';
import { encode, oids, table } from './message-encoder.test-support.ts';
import { PgoutputDecoder } from './pgoutput-decoder.ts';

export const users = table(16_400, 'users', { id: oids.int4, name: oids.text });
export const orders = table(16_401, 'orders', { id: oids.int4, name: oids.text });

/** A stream whose transactions take 10 bytes of log each: the first is 0/10 to 0/1A. */
export const stream = (limits: Partial<BatchLimits> = {}, after?: bigint) => {
  const decoder = new PgoutputDecoder({
    limits: { maxChanges: 100, maxBytes: 1e6, ...limits },
    primaryKey: () => null,
    after,
  });
  decoder.push(encode.relation(users));
  decoder.push(encode.relation(orders));
  let lsn = 0x10n;
  return {
    decoder,
    begin: () => decoder.push(encode.begin(lsn, Number(lsn))),
    row: (name = 'x', oid = users.oid) => decoder.push(encode.insert(oid, ['1', name])),
    commit: () => {
      decoder.push(encode.commit(lsn, lsn + 10n));
      lsn += 0x10n;
    },
    transaction(...names: readonly string[]) {
      this.begin();
      for (const name of names) this.row(name);
      this.commit();
    },
    /** The batches taken: names of their rows, and where they end. */
    take: () => {
      const batches: [string, string | null][] = [];
      for (let batch = decoder.take(); batch !== null; batch = decoder.take())
        batches.push([namesOf(batch), batch.position]);
      return batches;
    },
  };
};

const namesOf = ({ changes }: ChangeBatch): string =>
  [...changes].map(({ op, after, sequence }) => `${op === 'truncate' ? 'T' : after?.name}${sequence}`).join(' ');
