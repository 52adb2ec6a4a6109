import { describe, expect, it } from 'vitest';
import { createDatabase, postgresVersions, startPostgres, uniqueName } from '../../../../test/harness/index.ts';
import { nextChanges, StreamDriver } from '../stream-driver.test-support.ts';

describe.each(postgresVersions())('settings of server, database and role of PostgreSQL %i', (version) => {
  it('change no value of the stream', async () => {
    const settings = {
      datestyle: 'German, DMY',
      intervalstyle: 'iso_8601',
      timezone: 'Asia/Kathmandu',
      extra_float_digits: '-3',
      bytea_output: 'escape',
      client_min_messages: 'error',
      search_path: 'other',
    };
    await using server = await startPostgres({ version, settings });
    await using database = await createDatabase(server);
    const role = uniqueName('role');
    await database.query(`CREATE ROLE ${role} LOGIN SUPERUSER PASSWORD 'x'`);
    await database.query(`
      CREATE TABLE public.t (id int PRIMARY KEY, d date, i interval, tz timestamptz, f float8, b bytea);
      ALTER TABLE public.t REPLICA IDENTITY FULL`);
    for (const owner of [`DATABASE ${database.name}`, `ROLE ${role}`]) {
      for (const [name, value] of Object.entries(settings)) {
        const values = value.split(', ').map((part) => `'${part}'`);
        await database.query(`ALTER ${owner} SET ${name} = ${values.join(', ')}`);
      }
    }
    const connection = `postgres://${role}:x@127.0.0.1:${server.port}/${database.name}`;
    await using driver = new StreamDriver({ connection, streamId: uniqueName('s') });
    const batches = driver.read(await driver.start());
    await database.query(`SET datestyle = 'ISO, YMD'; INSERT INTO public.t VALUES
      (1, '2026-03-02', '1 day 02:03:04.5', '2026-03-02 00:00:00.123456+00', 0.1::float8 + 0.2, '\\x00ff')`);
    const [change] = (await nextChanges(batches)).changes;
    const image = change?.image.after;
    expect([1, 2, 3, 4, 5].map((column) => image?.text(column))).toEqual([
      '2026-03-02',
      '1 day 02:03:04.5',
      '2026-03-02 00:00:00.123456+00',
      '0.30000000000000004',
      '\\x00ff',
    ]);
  });
});
