import { expect, test } from 'vitest';
import {
  createDatabase,
  sampleResidentMemory,
  sharedPostgres,
  startProgram,
  uniqueName,
  until,
} from '../harness/index.ts';
import type { ShopStreamOptions } from '../snapshot/shop-stream.ts';

const given = Number(process.env.MILLRACE_VALUE_MEGABYTES ?? 0);
if (given === 0) process.stdout.write('Not run: values of 100 MB and more. MILLRACE_VALUE_MEGABYTES=100 runs it.\n');
const sizes = [20, ...(given === 0 ? [] : [given])];

const megabyte = 1024 * 1024;

/** Of a table with one kind of value, in megabytes of its text. */
const kinds = {
  text: { type: 'text', make: (size: number) => `repeat(E'a\\\\\\t\\n\\r''"{},é\\\\.', ${(size * megabyte) / 16})` },
  bytea: { type: 'bytea', make: (size: number) => `decode(repeat('00ff5c0a', ${(size * megabyte) / 8}), 'hex')` },
  json: { type: 'json', make: (size: number) => `('{"a":  "' || repeat('x', ${size * megabyte - 20}) || '"}')::json` },
} as const;

const cases = (['binary', 'text'] as const).flatMap((wire) =>
  Object.values(kinds).flatMap((kind) => sizes.map((size) => ({ wire, size, ...kind }))),
);

test.each(cases)(
  '$size MB of $type are copied, inserted, set, and left unchanged, as $wire',
  { timeout: 600_000 },
  async ({ wire, type, size, make }) => {
    await using source = await createDatabase(sharedPostgres());
    await using target = await createDatabase(sharedPostgres());
    await source.query(`CREATE TABLE marker (id int PRIMARY KEY); CREATE TABLE large (id int PRIMARY KEY, n int, v ${type}
      ${wire === 'text' ? ', only_text tsvector' : ''}); ALTER TABLE large ALTER v SET STORAGE EXTERNAL;
      INSERT INTO large (id, n, v) SELECT g, 0, ${make(size)} FROM generate_series(1, 2) g`);
    const options: ShopStreamOptions = { source: source.url, target: target.url, slot: uniqueName('slot') };
    await using streaming = await startProgram(new URL('../snapshot/copy.program.ts', import.meta.url), {
      args: [JSON.stringify(options)],
    });
    using memory = sampleResidentMemory(streaming.pid, 20);
    for (let tables = 0; tables < 2; tables++) await streaming.message('handover');
    await source.query(`INSERT INTO large (id, n, v) VALUES (3, 0, ${make(size)})`);
    await source.query('UPDATE large SET n = n + 1; UPDATE large SET id = -id');
    await source.query(`UPDATE large SET v = ${make(size - 1)} WHERE id = -2; INSERT INTO marker VALUES (1)`);
    const isThere = async () => (await target.query('SELECT FROM marker')).length > 0;
    await until(isThere, { describe: 'the last change at the target', timeout: 300_000 });
    const digest = 'SELECT id, n, md5(v::text), octet_length(v::text) FROM large ORDER BY id';
    expect(await target.query(digest)).toEqual(await source.query(digest));
    expect(memory.max).toBeLessThan((400 + 12 * size) * megabyte);
  },
);
