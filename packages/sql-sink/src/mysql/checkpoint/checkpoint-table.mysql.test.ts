import { describe, expect, it } from 'vitest';
import { createMysqlDatabase, mysqlNames, sharedMysql, uniqueName } from '../../../../../test/harness/index.ts';
import { StreamProcess } from '../testing/stream-process.ts';
import { removeCheckpointAt } from './checkpoint-sql.ts';
import { findCheckpointTables, planCheckpointTable } from './checkpoint-table.ts';
import { readPreparedTables, recordPreparedTables } from './prepared-tables.ts';
import { deleteStoredCheckpoint, readStoredCheckpoint } from './stored-checkpoint.ts';

const signal = new AbortController().signal;

describe.each(mysqlNames())('the checkpoint table on %s', (name) => {
  const server = sharedMysql(name);

  it('is made by any number of processes at once, with its database', async () => {
    await using database = await createMysqlDatabase(server);
    const schema = uniqueName('progress');
    const streams = Array.from({ length: 6 }, (_, n) => new StreamProcess(database.url, schema, `stream ${n}`));
    try {
      const session = await (streams[0] as StreamProcess).connect();
      expect((await planCheckpointTable(session, schema, signal)).map(({ table, kind }) => [table, kind])).toEqual([
        [`${schema}.checkpoint`, 'create-schema'],
        [`${schema}.checkpoint`, 'create-table'],
        [`${schema}.copy_range`, 'create-table'],
      ]);
      const opened = await Promise.all(streams.map((stream) => stream.open()));
      expect(opened.map(({ epoch }) => epoch)).toEqual([1, 1, 1, 1, 1, 1]);
      expect(await planCheckpointTable(session, schema, signal)).toEqual([]);
    } finally {
      await Promise.all(streams.map((stream) => stream[Symbol.asyncDispose]()));
      await database.query(`DROP DATABASE ${schema}`);
    }
  });

  it('is refused when it is not ours, of a newer version, or without transactions', async () => {
    await using database = await createMysqlDatabase(server);
    await using stream = new StreamProcess(database.url, database.name);
    const foreign = { code: 'CHECKPOINT_TABLE_FOREIGN', recovery: 'operator' };
    await database.query('CREATE VIEW copy_range AS SELECT 1 AS a');
    await expect(stream.open()).rejects.toMatchObject(foreign);
    await database.query('DROP VIEW copy_range');
    await stream.open();
    await database.query('ALTER TABLE checkpoint DROP PRIMARY KEY, ENGINE = MyISAM');
    await expect(stream.open()).rejects.toMatchObject({
      ...foreign,
      hint: `ALTER TABLE \`${database.name}\`.\`checkpoint\` ENGINE = InnoDB`,
    });
    const comment = 'Progress of Millrace streams into this server, layout 2. Later.';
    await database.query(`ALTER TABLE checkpoint ENGINE = InnoDB COMMENT = '${comment}'`);
    await expect(stream.open()).rejects.toMatchObject({ code: 'CHECKPOINT_TABLE_TOO_NEW' });
    const session = await stream.connect();
    await expect(readStoredCheckpoint(session, stream.row, signal)).rejects.toMatchObject({
      code: 'CHECKPOINT_TABLE_TOO_NEW',
    });
  });

  it('needs privileges, and the error gives them', async () => {
    await using database = await createMysqlDatabase(server);
    const { url, name: user } = await database.createUser([`SELECT ON ${database.name}.*`]);
    await using denied = new StreamProcess(url, database.name);
    const refused = {
      code: 'PERMISSION_DENIED',
      hint: `GRANT CREATE, ALTER, SELECT, INSERT, UPDATE, DELETE ON \`${database.name}\`.* TO '${user}'@'%';`,
    };
    await expect(denied.open()).rejects.toMatchObject(refused);
    await using owner = new StreamProcess(database.url, database.name);
    await owner.open();
    await expect(denied.open({ patience: 0 })).rejects.toMatchObject({ code: 'ZOMBIE_ALIVE' });
    await owner.opened.session.close();
    await expect(denied.open()).rejects.toMatchObject(refused);
    const session = await denied.connect();
    await expect(deleteStoredCheckpoint(session, denied.row, signal)).rejects.toMatchObject(refused);
    const error = await denied.open().catch(({ hint }) => hint);
    await database.query(error);
    expect(await denied.open()).toMatchObject({ epoch: 2 });
  });

  it('may be missing, with its database or without', async () => {
    await using database = await createMysqlDatabase(server);
    await using stream = new StreamProcess(database.url, database.name);
    const session = await stream.connect();
    expect(await findCheckpointTables(session, database.name, signal)).toEqual({
      schema: true,
      checkpoints: false,
      ranges: false,
    });
    expect(await findCheckpointTables(session, uniqueName('nothing'), signal)).toMatchObject({ schema: false });
    await deleteStoredCheckpoint(session, stream.row, signal);
  });

  it('remembers the tables that were prepared until another snapshot begins', async () => {
    await using database = await createMysqlDatabase(server);
    await using stream = new StreamProcess(database.url, database.name);
    await stream.open();
    const { session, claim } = stream.opened;
    expect(await readPreparedTables(session, claim, signal)).toEqual(new Set());
    const [recorded] = await session.script([recordPreparedTables(claim, new Set(['a."b"', "it's.\\"]))]);
    expect(recorded?.affectedRows).toBe(1);
    expect(await readPreparedTables(session, claim, signal)).toEqual(new Set(['a."b"', "it's.\\"]));
    await stream.write({ position: '1' });
    await stream.reopen();
    const again = stream.opened;
    expect((await readPreparedTables(again.session, again.claim, signal)).size).toBe(2);
    await stream.write({ position: null });
    expect((await readPreparedTables(again.session, again.claim, signal)).size).toBe(0);
  });

  it('loses the row of a side stream only where that has ended', async () => {
    await using database = await createMysqlDatabase(server);
    await using side = new StreamProcess(database.url, database.name);
    await side.open();
    await side.write({ position: "it's 5" });
    const { session, claim } = side.opened;
    const outcomes = await session.script([null, '4', "it's 5"].map((position) => removeCheckpointAt(claim, position)));
    expect(outcomes.map(({ affectedRows }) => affectedRows)).toEqual([0, 0, 1]);
  });
});
