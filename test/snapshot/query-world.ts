import { createStream, type Stream } from '@millrace/core';
import { postgresSource } from '@millrace/postgres-source';
import { postgresSink } from '@millrace/sql-sink/postgres';
import { createDatabase, postgresVersions, sharedPostgres, type TestDatabase, uniqueName } from '../harness/index.ts';

const schema = `
  CREATE TYPE mood AS ENUM ('calm', 'wild');
  CREATE DOMAIN price AS numeric(12, 3);
  CREATE TABLE users (id int PRIMARY KEY, name text NOT NULL, feels mood, tags text[]);
  CREATE TABLE orders (id int PRIMARY KEY, user_id int, at timestamptz, total price, note text);
  INSERT INTO users SELECT g, 'user ' || g, CASE WHEN g % 3 = 0 THEN 'wild'::mood END, ARRAY['a', NULL, E'\\t' || g] FROM generate_series(1, 300) g;
  INSERT INTO orders SELECT g, g % 200, '2026-01-01'::timestamptz + g * interval '1 hour', g / 7.0, CASE WHEN g % 2 = 0 THEN repeat('n', g % 500) || E'\\\\ \\n' END
  FROM generate_series(1, 5000) g`;

/** By the name of the table that each makes. */
export const queries = {
  'public.per_user': {
    key: ['user_id'],
    query: `SELECT u.id AS user_id, u.name, u.feels, u.tags, count(o.id) AS orders, sum(o.total) AS total, max(o.at) AS latest
      FROM public.users u LEFT JOIN public.orders o ON o.user_id = u.id GROUP BY u.id -- one for each`,
  },
  'public.per_day': {
    key: ['day', 'user_id'],
    query: `SELECT o.at::date AS day, o.user_id, round(sum(o.total), 2)::numeric(10,2) AS total, min(o.note)::varchar(20) AS note,
      json_build_object('n', count(*)) AS facts FROM public.orders o GROUP BY 1, 2`,
  },
  'public.loose': { query: 'SELECT o.note, o.total * 2 AS "Double", NULL::int AS nothing FROM public.orders o' },
  'reports.none': { key: ['id'], query: 'SELECT id, name FROM public.users WHERE false' },
};
export const asked = Object.entries(queries).map(([name, query]) => ({ name, ...query }));

export const rowsOf = async (database: TestDatabase, from: string): Promise<readonly string[]> => {
  const rows = await database.query<{ row: string }>(
    `SELECT q::text AS row FROM ${from} q ORDER BY q::text COLLATE "C"`,
  );
  return rows.map(({ row }) => row);
};

/** What each query has at the source now, and its table at the target. */
export const both = async (source: TestDatabase, target: TestDatabase, name: keyof typeof queries) => [
  await rowsOf(target, name),
  await rowsOf(source, `(${queries[name].query}\n)`),
];

/** Tables, and a stream of them and of the queries. */
export const worldOf = async (version = postgresVersions().at(-1)) => {
  const server = sharedPostgres(version);
  const source = await createDatabase(server);
  const target = await createDatabase(server);
  await source.query(schema);
  await target.query("CREATE TYPE mood AS ENUM ('calm', 'wild')");
  const slot = uniqueName('slot');
  return {
    source,
    target,
    slot,
    stream: (options: object = {}): Stream =>
      createStream({
        id: 'query',
        source: postgresSource({ connection: source.url, slot, publication: 'query' }),
        sink: postgresSink({ connection: target.url }),
        tables: ['public.users', 'public.orders', ...asked],
        copy: { maxBytes: 16 * 1024 },
        ...options,
      } as never),
    async [Symbol.asyncDispose]() {
      await source[Symbol.asyncDispose]();
      await target[Symbol.asyncDispose]();
    },
  };
};
