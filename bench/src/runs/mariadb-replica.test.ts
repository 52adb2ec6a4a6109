import { expect, test } from 'vitest';
import { becomeReplica } from './mariadb-replica.ts';

test('a replica begins at the position, with nothing encrypted', () => {
  const sourceUrl = 'mysql://root:secret@127.0.0.1:3307/bench?ssl=false';
  const [position, change] = becomeReplica({ sourceUrl, position: '0-1-77' });
  expect(position).toBe("SET GLOBAL gtid_slave_pos = '0-1-77'");
  expect(change?.replace(/\s+/g, ' ')).toBe(
    "CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = 3307, MASTER_USER = 'root', MASTER_PASSWORD = 'secret', " +
      'MASTER_USE_GTID = slave_pos, MASTER_SSL = 0, MASTER_SSL_VERIFY_SERVER_CERT = 0',
  );
});
