import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMysqlDatabase, mysqlNames, sharedMysql } from '../../../../test/harness/index.ts';
import { BinlogPosition } from './binlog-position.ts';
import { GtidSet } from './gtid-set.ts';

const uuids = ['3e11fa47-71ca-11e1-9e33-c80aa9429562', '2c256447-3f0d-431b-9a25-bddf1f1f6ef6'];
const sources = uuids.flatMap((uuid) => [uuid, `${uuid}:tag_a`, `${uuid}:z`]);
const interval = fc.tuple(fc.constantFrom(...sources), fc.integer({ min: 1, max: 20 }), fc.integer({ min: 0, max: 6 }));
const sets = fc
  .array(interval, { maxLength: 8 })
  .map((list) => list.map(([source, first, more]) => `${source}:${first}-${first + more}`).join(','));

describe.runIf(mysqlNames().includes('mysql'))('sets of GTIDs', () => {
  it('mean to us what they mean to the server', async () => {
    await using database = await createMysqlDatabase(sharedMysql('mysql'));
    const pairs = fc.sample(fc.tuple(sets, sets), 300);
    for (const [a, b] of pairs) {
      const [row] = await database.query<{ within: number; rest: string; whole: string }>(
        'SELECT GTID_SUBSET(?, ?) AS within, GTID_SUBTRACT(?, ?) AS rest, GTID_SUBTRACT(?, ?) AS whole',
        [a, b, a, b, a, ''],
      );
      const [ours, others] = [GtidSet.parse(a), GtidSet.parse(b)];
      expect({
        a,
        b,
        within: others.includes(ours),
        rest: String(ours.subtract(others)),
        whole: String(ours),
      }).toStrictEqual({
        a,
        b,
        within: Number(row?.within) === 1,
        rest: row?.rest.replaceAll('\n', ''),
        whole: row?.whole.replaceAll('\n', ''),
      });
    }
  });
});

describe.each(mysqlNames())('what %s has executed', (name) => {
  it('can be read, and goes on', async () => {
    await using database = await createMysqlDatabase(sharedMysql(name));
    await database.query('CREATE TABLE t (a int)');
    const variable = name === 'mysql' ? 'gtid_executed' : 'gtid_binlog_pos';
    const executed = async () => {
      const [row] = await database.query<{ gtids: string }>(`SELECT @@GLOBAL.${variable} AS gtids`);
      return BinlogPosition.of(String(row?.gtids), { file: 'binlog.000001', offset: 4 });
    };
    const before = await executed();
    await database.query('INSERT INTO t VALUES (1)');
    const after = await executed();
    expect(before.compare(after)).toBe(-1);
    expect(BinlogPosition.parse(after.toString()).compare(before)).toBe(1);
  });
});
