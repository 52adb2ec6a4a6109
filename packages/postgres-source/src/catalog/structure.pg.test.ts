import { PostgresSession } from '@millrace/postgres-client';
import { describe, expect, it } from 'vitest';
import { createDatabase, postgresVersions, sharedPostgres } from '../../../../test/harness/index.ts';
import { readStructure } from './structure.ts';

const at = (name: string, descending = false) => ({ name, descending, length: null, collation: null });

const setup = `
  CREATE SCHEMA "Odd ""schema";
  CREATE TABLE "Odd ""schema"."on USING" (id bigint GENERATED ALWAYS AS IDENTITY (START 5 INCREMENT 10) PRIMARY KEY,
    n serial, a int DEFAULT 7, "B" text COLLATE "C", twice int GENERATED ALWAYS AS (a * 2) STORED, period int4range,
    CHECK (a > 0),
    CONSTRAINT late UNIQUE ("B", a) DEFERRABLE INITIALLY DEFERRED, EXCLUDE USING gist (period WITH &&));
  ALTER TABLE "Odd ""schema"."on USING" ADD CONSTRAINT "only new" CHECK ("B" <> '') NOT VALID;
  CREATE INDEX "an ON index" ON "Odd ""schema"."on USING" USING btree (a DESC, lower("B")) INCLUDE (n) WHERE a > 3;
  CREATE UNIQUE INDEX part ON "Odd ""schema"."on USING" (n) WHERE a IS NULL;
  CREATE UNIQUE INDEX whole ON "Odd ""schema"."on USING" (n, a);
  COMMENT ON TABLE "Odd ""schema"."on USING" IS 'it''s';
  COMMENT ON COLUMN "Odd ""schema"."on USING".a IS 'a comment';
  CREATE TABLE parts (id int, at int, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
  CREATE TABLE part_1 PARTITION OF parts FOR VALUES FROM (0) TO (10);
  CREATE INDEX by_at ON parts (at);
  CREATE TABLE refers (id int PRIMARY KEY, at int, "to" bigint REFERENCES "Odd ""schema"."on USING" ON DELETE CASCADE,
    CONSTRAINT whole FOREIGN KEY (id, at) REFERENCES parts MATCH FULL DEFERRABLE);
  CREATE SEQUENCE shared; ALTER TABLE refers ADD CONSTRAINT loose FOREIGN KEY ("to") REFERENCES "Odd ""schema"."on USING" NOT VALID;
  ALTER TABLE refers ALTER COLUMN at SET DEFAULT nextval('shared')`;

describe.each(postgresVersions())('what tables have beside columns and key on PostgreSQL %i', (version) => {
  it('is described so that it can be made again', async () => {
    await using database = await createDatabase(sharedPostgres(version));
    await database.query(setup);
    await using session = await PostgresSession.open(database.url, { applicationName: 'test' });
    const odd = 'Odd "schema.on USING';
    const structures = await readStructure([odd, 'public.refers', 'public.parts', 'public.part_1', 'no.table'])(
      session,
    );
    expect(structures.get(odd)).toEqual([
      {
        kind: 'index',
        name: 'an ON index',
        sql: 'USING btree (a DESC, lower("B")) INCLUDE (n) WHERE (a > 3)',
        indexed: null,
      },
      {
        kind: 'unique',
        name: 'late',
        sql: 'USING btree ("B", a)',
        columns: ['B', 'a'],
        indexed: [at('B'), at('a')],
        constraint: 'DEFERRABLE INITIALLY DEFERRED',
      },
      { kind: 'exclusion', name: 'on USING_period_excl', sql: 'EXCLUDE USING gist (period WITH &&)' },
      {
        kind: 'unique',
        name: 'on USING_pkey',
        sql: 'USING btree (id)',
        columns: ['id'],
        indexed: [at('id')],
        constraint: '',
      },
      {
        kind: 'unique',
        name: 'part',
        sql: 'USING btree (n) WHERE (a IS NULL)',
        columns: null,
        indexed: null,
        constraint: null,
      },
      {
        kind: 'unique',
        name: 'whole',
        sql: 'USING btree (n, a)',
        columns: ['n', 'a'],
        indexed: [at('n'), at('a')],
        constraint: null,
      },
      { kind: 'check', name: 'on USING_a_check', sql: 'CHECK ((a > 0))', validated: true },
      { kind: 'check', name: 'only new', sql: `CHECK (("B" <> ''::text)) NOT VALID`, validated: false },
      { kind: 'default', column: 'a', sql: '7', value: { kind: 'constant', text: '7' } },
      {
        kind: 'identity',
        column: 'id',
        increment: '10',
        sql: 'INCREMENT BY 10 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 5 CACHE 1',
      },
      {
        kind: 'identity',
        column: 'n',
        increment: '1',
        sql: 'INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1',
      },
      { kind: 'comment', column: null, text: "it's" },
      { kind: 'comment', column: 'a', text: 'a comment' },
    ]);
    expect(structures.get('public.refers')?.filter(({ kind }) => kind !== 'unique')).toEqual([
      {
        kind: 'foreign-key',
        name: 'loose',
        columns: ['to'],
        sql: '(id) NOT VALID',
        references: { schema: 'Odd "schema', table: 'on USING', columns: ['id'] },
        onDelete: 'no action',
        onUpdate: 'no action',
        match: 'simple',
        deferrable: false,
        validated: false,
      },
      {
        kind: 'foreign-key',
        name: 'refers_to_fkey',
        columns: ['to'],
        sql: '(id) ON DELETE CASCADE',
        references: { schema: 'Odd "schema', table: 'on USING', columns: ['id'] },
        onDelete: 'cascade',
        onUpdate: 'no action',
        match: 'simple',
        deferrable: false,
        validated: true,
      },
      {
        kind: 'foreign-key',
        name: 'whole',
        columns: ['id', 'at'],
        sql: '(id, at) MATCH FULL DEFERRABLE',
        references: { schema: 'public', table: 'parts', columns: ['id', 'at'] },
        onDelete: 'no action',
        onUpdate: 'no action',
        match: 'full',
        deferrable: true,
        validated: true,
      },
      { kind: 'default', column: 'at', sql: "nextval('public.shared'::regclass)", value: null },
    ]);
    const indexes = (table: string) => structures.get(table)?.map((part) => ('sql' in part ? part.sql : part.kind));
    expect(indexes('public.parts')).toEqual(['USING btree (at)', 'USING btree (id, at)']);
    expect(indexes('public.part_1')).toEqual(['USING btree (at)', 'USING btree (id, at)']);
    expect(structures.get('no.table')).toEqual([]);
  });
});
