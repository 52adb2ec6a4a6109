import { expect, test } from 'vitest';
import { startLoad } from '../../bank/bank.ts';
import { bankStream } from '../../bank/bank-stream.ts';
import { mysqlBankWorld } from '../../bank/bank-world.ts';
import { mysqlNames, sharedMysql, until } from '../../harness/index.ts';

/** One statement and many, both far beyond the limits of a batch; every sum stays equal. */
const transaction = `BEGIN;
  SELECT id FROM branches FOR UPDATE;
  INSERT INTO history (account, delta)
    SELECT a.id, sign.n * 5 FROM accounts a CROSS JOIN tellers CROSS JOIN (SELECT 1 AS n UNION ALL SELECT -1) sign;
  ${Array.from({ length: 30 }, (_, n) => `UPDATE accounts SET note = 'large ${n}' WHERE abs(id) = ${n + 1}`).join(';')};
  UPDATE accounts SET balance = balance + 1; UPDATE tellers SET balance = balance + 5;
  UPDATE branches SET balance = balance + 50 WHERE id = 1; INSERT INTO history (account, delta) VALUES (1, 50);
  COMMIT`;

test.each(mysqlNames())(
  '%s: transactions beyond the limits of a batch, in parts, over a restart',
  {
    timeout: 120_000,
  },
  async (name) => {
    await using world = await mysqlBankWorld(sharedMysql(name));
    await using stream = bankStream(world.stream);
    await stream.start();
    await world.fill();
    await using load = startLoad(world.source.url);
    const connection = await world.source.connect();
    await connection.query(transaction);
    await until(() => stream.stats().source.changes > 500, { describe: 'a part of it' });
    await stream.pause();
    await connection.query(transaction);
    await stream.resume();
    await load.stop();
    expect(await world.settle()).toEqual([]);
    expect(world.poller.torn).toEqual([]);
    expect(stream.errors).toEqual([]);
  },
);
