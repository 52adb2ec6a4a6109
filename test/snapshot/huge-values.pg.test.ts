import { expect, test } from 'vitest';
import {
  createDatabase,
  sampleResidentMemory,
  sharedPostgres,
  startProgram,
  uniqueName,
  until,
} from '../harness/index.ts';
import type { ShopStreamOptions } from './shop-stream.ts';

/** Rows of 1 MB: 1,000 for a gigabyte. */
const rows = Number(process.env.MILLRACE_HUGE_VALUES ?? 0);
if (rows === 0)
  process.stdout.write('Not run: a copy of a gigabyte of out-of-line values. MILLRACE_HUGE_VALUES=1000 runs it.\n');

test.skipIf(rows === 0)(
  `${rows} rows of 1 MB, out of line, are copied in bounded memory while other columns and keys change`,
  { timeout: 600_000 },
  async () => {
    await using source = await createDatabase(sharedPostgres());
    await using target = await createDatabase(sharedPostgres());
    await source.query(`CREATE TABLE documents (id int PRIMARY KEY, n int NOT NULL, body text);
      ALTER TABLE documents ALTER COLUMN body SET STORAGE EXTERNAL;
      INSERT INTO documents SELECT g, 0, repeat(md5(g::text), 32 * 1024) FROM generate_series(1, ${rows}) g`);
    const options: ShopStreamOptions = {
      source: source.url,
      target: target.url,
      slot: uniqueName('slot'),
      maxBytes: 4 * 1024 * 1024,
    };
    await using copying = await startProgram(new URL('copy.program.ts', import.meta.url), {
      args: [JSON.stringify(options)],
    });
    using memory = sampleResidentMemory(copying.pid, 20);
    await copying.message('running');
    const began = performance.now();
    const copied = async () =>
      (await target.query('SELECT FROM millrace.copy_range WHERE rows > 0').catch(() => [])).length > 0;
    await until(copied, { describe: 'the first rows', timeout: 60_000 });
    await source.query('UPDATE documents SET n = n + 1; UPDATE documents SET id = -id WHERE id % 10 = 0');
    await copying.message('handover');
    const seconds = (performance.now() - began) / 1_000;
    process.stdout.write(
      `${rows} MB in ${seconds.toFixed(1)} s, ${Math.round(memory.max / 1024 / 1024)} MB of memory\n`,
    );
    expect(memory.max).toBeLessThan(300 * 1024 * 1024);
    const digest = 'SELECT id, n, md5(body) FROM documents ORDER BY id';
    expect(await target.query(digest)).toEqual(await source.query(digest));
  },
);
