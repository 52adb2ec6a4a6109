import { expect, test } from 'vitest';
import { until } from '../harness/index.ts';
import { evolving } from './evolving.ts';

test('another primary key of a table that logs whole rows is noticed without a change of its columns', {
  timeout: 60_000,
}, async () => {
  await using world = await evolving({
    schema: `CREATE TABLE items (id int NOT NULL, part int NOT NULL, n int, CONSTRAINT by_id PRIMARY KEY (id));
      ALTER TABLE items REPLICA IDENTITY FULL; INSERT INTO items VALUES (1, 1, 1)`,
  });
  const { source, stream } = world;
  await source.query('ALTER TABLE items DROP CONSTRAINT by_id, ADD PRIMARY KEY (id, part)');
  const ended = () => stream.status === 'failed-permanently';
  await until(ended, { describe: 'the end of the stream', timeout: 50_000 });
  expect(stream.state).toMatchObject({ error: { code: 'TARGET_KEY_MISSING' } });
});
