import { expect, test } from 'vitest';
import {
  createDatabase,
  type Program,
  sharedPostgres,
  startProgram,
  type TestDatabase,
  uniqueName,
  until,
} from '../harness/index.ts';

/** A few here; as many as wanted with the variable. */
const rounds = Number(process.env.MILLRACE_FAULT_ROUNDS ?? 4);
const program = new URL('./rejected-rows/parcels.program.ts', import.meta.url);
const start = (options: object): Promise<Program> => startProgram(program, { args: [JSON.stringify(options)] });

/** Rows that are never changed: each is at the target, or among the dead letters, once. */
const schema = 'CREATE TABLE parcels (id int PRIMARY KEY, weight int NOT NULL, label text)';
const strictSchema =
  'CREATE TABLE parcels (id int PRIMARY KEY, weight int NOT NULL CHECK (weight < 90), label varchar(20))';
const parcels = (from: number, to: number) =>
  `INSERT INTO parcels SELECT n, n % 100, CASE n % 50 WHEN 0 THEN repeat('long', 10) ELSE 'label' END FROM generate_series(${from}, ${to}) n`;

const startLoad = (database: TestDatabase, first: number) => {
  let isWorking = true;
  let next = first;
  const running = (async () => {
    const client = await database.connect();
    while (isWorking) {
      const size = Math.random() < 0.1 ? 120 : 1 + Math.floor(Math.random() * 8);
      await client.query(parcels(next, next + size - 1));
      next += size;
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    await client.end();
  })();
  const stop = async () => {
    isWorking = false;
    await running;
    return next;
  };
  return { stop, [Symbol.asyncDispose]: async () => void (await stop()) };
};

test(`killed at random moments of copy and stream, ${rounds} times: a refused row is a dead letter once`, {
  timeout: 120_000 + rounds * 15_000,
}, async () => {
  await using source = await createDatabase(sharedPostgres());
  await using target = await createDatabase(sharedPostgres());
  await source.query(`${schema}; ${parcels(1, 3_000)}`);
  await target.query(strictSchema);
  const options = { source: source.url, target: target.url, slot: uniqueName('slot') };
  await using load = startLoad(source, 3_001);
  let streaming = await start(options);
  for (let round = 0; round < rounds; round++) {
    if (round % 2 === 0) await streaming.message('running');
    await new Promise((resolve) => setTimeout(resolve, 300 + Math.random() * 1_000));
    streaming.kill('SIGKILL');
    await streaming.exited;
    streaming = await start(options);
  }
  const next = await load.stop();
  const live = "SELECT FROM millrace.checkpoint WHERE tables #>> '{public.parcels,state}' = 'live'";
  await until(async () => (await target.query(live)).length > 0, { describe: 'the table to be live', timeout: 60_000 });
  const last = next + 200;
  await source.query(parcels(next, last - 1));
  await source.query(`INSERT INTO parcels VALUES (${last}, 1, 'last')`);
  const arrived = async () => (await target.query(`SELECT FROM parcels WHERE id = ${last}`)).length > 0;
  await until(arrived, { describe: 'the last row', timeout: 60_000 });
  const isRefused = `weight >= 90 OR length(label) > 20`;
  const idsOf = async (database: TestDatabase, query: string) =>
    (await database.query(query)).map(({ id }) => Number(id));
  expect(await idsOf(target, 'SELECT id FROM parcels ORDER BY id')).toEqual(
    await idsOf(source, `SELECT id FROM parcels WHERE NOT (${isRefused}) ORDER BY id`),
  );
  // A row that was copied is in the log, too, if it was written while the table was copied.
  const refused = await idsOf(source, `SELECT id FROM parcels WHERE ${isRefused} ORDER BY id`);
  const letter = `SELECT DISTINCT ("row" ->> 'id')::int AS id FROM millrace.dead_letter ORDER BY 1`;
  expect(await idsOf(target, letter)).toEqual(refused);
  const [counts] = await target.query(`SELECT count(*) - count(DISTINCT ("row" ->> 'id', operation)) AS twice,
    count(DISTINCT error_code)::int AS codes, array_agg(DISTINCT operation ORDER BY operation) AS operations FROM millrace.dead_letter`);
  expect(counts).toEqual({ twice: '0', codes: 2, operations: ['insert', 'read'] });

  // As the documentation says: once the target is less strict, the rows are written after all.
  await target.query(`ALTER TABLE parcels DROP CONSTRAINT parcels_weight_check, ALTER label TYPE text;
    WITH taken AS (DELETE FROM millrace.dead_letter WHERE table_name = 'public.parcels' RETURNING id, "row")
    INSERT INTO parcels SELECT (jsonb_populate_record(NULL::parcels, "row")).* FROM taken ORDER BY id
    ON CONFLICT (id) DO NOTHING`);
  const digest = "SELECT count(*) AS count, md5(string_agg(p::text, ',' ORDER BY id)) AS digest FROM parcels p";
  expect(await target.query(digest)).toEqual(await source.query(digest));
  await streaming[Symbol.asyncDispose]();
});
