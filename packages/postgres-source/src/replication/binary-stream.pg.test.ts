import type { Change, RowImage } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import { createDatabase, postgresVersions, sharedPostgres, uniqueName } from '../../../../test/harness/index.ts';
import { type DriverOptions, nextChanges, readUntil, StreamDriver } from '../stream-driver.test-support.ts';
import { typeLiterals } from '../values/type-literals.test-support.ts';

const quoted = (value: string | undefined) => (value === undefined ? 'NULL' : `'${value.replaceAll("'", "''")}'`);

/** Types that are not built in, with values. */
const userTypes = `
  CREATE TYPE mood AS ENUM ('fine', 'so "so"');
  CREATE DOMAIN amount AS numeric(20,3);
  CREATE DOMAIN twice AS amount CHECK (VALUE > 0);
  CREATE DOMAIN feeling AS mood;
  CREATE DOMAIN numbers AS int[];
  CREATE TYPE word;
  CREATE FUNCTION word_in(cstring) RETURNS word LANGUAGE internal IMMUTABLE STRICT AS 'textin';
  CREATE FUNCTION word_out(word) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
  CREATE FUNCTION word_receive(internal) RETURNS word LANGUAGE internal STABLE STRICT AS 'textrecv';
  CREATE FUNCTION word_send(word) RETURNS bytea LANGUAGE internal STABLE STRICT AS 'textsend';
  CREATE TYPE word (INPUT = word_in, OUTPUT = word_out, RECEIVE = word_receive, SEND = word_send, STORAGE = extended);`;
const userLiterals: Readonly<Record<string, readonly string[]>> = {
  mood: ['fine', 'so "so"'],
  amount: ['1.5'],
  twice: ['12345678901234567.891'],
  feeling: ['so "so"'],
  numbers: ['{1,NULL,3}'],
  word: ['Wörd, "x"'],
  'mood[]': ['{fine,NULL,"so \\"so\\""}', '[0:1]={fine,fine}'],
  'twice[]': ['{{1.5},{NULL}}'],
  'numbers[]': ['{"{1,NULL,3}",NULL}'],
  'word[]': ['{"Wörd, \\"x\\"",NULL}'],
  'int4[]': ['[0:1]={1,2}', '{{1},{2}}'],
  'text[]': ['{"a b",NULL,"NULL",""}'],
  'numeric(10,2)': ['1.5'],
  'varchar(20)': ['abc'],
};

const columnsOf = (version: number): readonly (readonly [string, readonly string[]])[] => [
  ...Object.entries(typeLiterals)
    .filter(([name]) => name !== 'char' || version >= 16)
    .map(([name, { fixed }]) => [`pg_catalog."${name}"`, fixed] as const),
  ...Object.entries(userLiterals),
];

const images = ({ change }: { readonly change: Change }): readonly (RowImage | null)[] => [
  change.image.before,
  change.image.after,
];

/** Everything that anybody can ask of a row. */
const described = (row: RowImage | null) =>
  row?.relation.columns.map((column, index) => ({
    column,
    state: row.state(index),
    text: row.text(index),
    value: row.value(index),
  }));

/** What holds until its batch is done. */
const facts = (changes: Iterable<Change>) =>
  [...changes].map((change) => ({
    op: change.op,
    table: change.table,
    rows: images({ change }).map(described),
    before: change.before,
    after: change.after,
  }));

const wires = (changes: Iterable<Change>) =>
  new Set([...changes].flatMap((change) => images({ change }).flatMap((row) => (row === null ? [] : [row.wire]))));

describe.each(postgresVersions())('values in binary form on PostgreSQL %i', (version) => {
  const server = sharedPostgres(version);
  const binaryDriver = (options: Omit<DriverOptions, 'streamId' | 'formats'>) =>
    new StreamDriver({ ...options, streamId: uniqueName('s'), formats: ['postgres-binary'] });

  it('say the same as text, for every type', { timeout: 60_000 }, async () => {
    await using database = await createDatabase(server);
    const columns = columnsOf(version);
    await database.query(userTypes);
    const definitions = columns.map(([type], index) => `c${index} ${type}`).join(', ');
    await database.query(`CREATE TABLE every (id int PRIMARY KEY, ${definitions}, big text)`);
    await database.query(`CREATE TABLE whole (id int PRIMARY KEY, ${definitions}, big text)`);
    await database.query('ALTER TABLE whole REPLICA IDENTITY FULL');
    await database.query(
      'ALTER TABLE every ALTER big SET STORAGE EXTERNAL; ALTER TABLE whole ALTER big SET STORAGE EXTERNAL',
    );
    await using text = new StreamDriver({ connection: database.url, streamId: uniqueName('s') });
    await using binary = binaryDriver({ connection: database.url });
    const [textStart, binaryStart] = [await text.start(), await binary.start()];
    const most = Math.max(...columns.map(([, literals]) => literals.length));
    for (const table of ['every', 'whole']) {
      for (let row = 0; row < most; row++) {
        const values = columns.map(([, literals]) => quoted(literals[row]));
        await database.query(`INSERT INTO ${table} VALUES (${row}, ${values.join(', ')}, repeat('x', 10000))`);
      }
      await database.query(`UPDATE ${table} SET c0 = false WHERE id < 3`);
      await database.query(`UPDATE ${table} SET id = id + 1000 WHERE id < 2`);
      await database.query(`DELETE FROM ${table}`);
    }
    await database.query('TRUNCATE whole');
    const isLast = ({ op }: Change) => op === 'truncate';
    const read = async (driver: StreamDriver, start: string) => (await readUntil(driver.read(start), isLast)).changes;
    const [asText, asBinary] = [await read(text, textStart), await read(binary, binaryStart)];
    expect(wires(asText)).toEqual(new Set(['text']));
    expect(wires(asBinary)).toEqual(new Set(['binary']));
    expect(facts(asBinary)).toEqual(facts(asText));
    expect(asBinary.length).toBeGreaterThan(2 * most);
  });

  it('are not asked for unless every consumer takes them', async () => {
    await using database = await createDatabase(server);
    await database.query('CREATE TABLE t (id int PRIMARY KEY)');
    await using driver = new StreamDriver({ connection: database.url, streamId: uniqueName('s'), formats: ['other'] });
    const batches = driver.read(await driver.start());
    await database.query('INSERT INTO t VALUES (1)');
    expect(wires((await nextChanges(batches)).changes)).toEqual(new Set(['text']));
  });

  const kinds: readonly [string, 'text' | 'binary'][] = [
    ['tsvector', 'text'],
    ['regclass', 'text'],
    ['mood[]', 'binary'],
    ['pair', 'text'],
    ['pair[]', 'text'],
    ['tsvector GENERATED ALWAYS AS (NULL::tsvector) STORED', 'binary'],
  ];

  it.each(kinds)('with a column of type %s come as %s', async (type, wire) => {
    await using database = await createDatabase(server);
    await database.query("CREATE TYPE mood AS ENUM ('fine'); CREATE TYPE pair AS (a int, b text)");
    await database.query(`CREATE TABLE t (id int PRIMARY KEY, c ${type})`);
    await using driver = binaryDriver({ connection: database.url });
    const batches = driver.read(await driver.start());
    await database.query('INSERT INTO t VALUES (1)');
    expect(wires((await nextChanges(batches)).changes)).toEqual(new Set([wire]));
  });

  it('do not depend on tables that nobody captures', async () => {
    await using database = await createDatabase(server);
    await database.query(
      'CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE other (id int PRIMARY KEY, words tsvector)',
    );
    await database.query('CREATE PUBLICATION p FOR ALL TABLES');
    await using driver = binaryDriver({ connection: database.url, publication: 'p', tables: ['t'] });
    const batches = driver.read(await driver.start());
    await database.query("INSERT INTO other VALUES (1, 'a b'); INSERT INTO t VALUES (1)");
    const { changes } = await readUntil(batches, ({ table }) => table === 'public.t');
    expect(wires(changes)).toEqual(new Set(['binary']));
  });

  it('are given up for text when the log brings a type that cannot be read', async () => {
    await using database = await createDatabase(server);
    await database.query('CREATE TABLE t (id int PRIMARY KEY)');
    await using driver = binaryDriver({ connection: database.url });
    const batches = driver.read(await driver.start());
    await database.query('INSERT INTO t VALUES (1)');
    const { changes, position } = await readUntil(batches, () => true);
    expect(wires(changes)).toEqual(new Set(['binary']));
    await database.query('ALTER TABLE t ADD words tsvector');
    await database.query("INSERT INTO t VALUES (2, 'a b')");
    await expect(nextChanges(batches)).rejects.toMatchObject({
      code: 'BINARY_UNREADABLE',
      recovery: 'retry',
      details: { table: 'public.t', column: 'words', native: 'tsvector' },
    });
    // The catalog has nothing any more that speaks against it.
    await database.query('ALTER TABLE t DROP words');
    await driver.source.close();
    await driver.source.open(driver.context);
    const { changes: again } = await readUntil(driver.read(position), () => true);
    expect(wires(again)).toEqual(new Set(['text']));
    expect(again.map(({ after }) => after)).toEqual([{ id: 2, words: "'a' 'b'" }]);
  });
});
