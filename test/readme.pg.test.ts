import { readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { createDatabase, differences, sharedPostgres, startProgram, until } from './harness/index.ts';

/** The first example of the README, as it is there but for its addresses and names. */
const firstExample = async (addresses: Readonly<Record<string, string>>): Promise<string> => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const [, code] = /```ts\n([\s\S]*?)```/.exec(readme) ?? [];
  if (code === undefined) throw new Error('The README has no example');
  return Object.entries(addresses).reduce((text, [from, to]) => {
    expect(text).toContain(from);
    return text.replaceAll(from, to);
  }, code);
};

test('the first example of the README follows a database until it is stopped', async () => {
  await using source = await createDatabase(sharedPostgres());
  await using target = await createDatabase(sharedPostgres());
  await source.query('CREATE TABLE users (id bigint PRIMARY KEY, email text)');
  await source.query('CREATE TABLE orders (id bigint PRIMARY KEY, total numeric(10,2))');
  const code = await firstExample({
    'postgres://app:secret@source.example/shop': source.url,
    'postgres://app:secret@target.example/shop_copy': target.url,
    "id: 'shop'": `id: '${source.name}'`,
  });
  // Here, where the packages can be found.
  const program = fileURLToPath(new URL(`${source.name}.readme-example.ts`, import.meta.url));
  await writeFile(program, code);
  try {
    await using example = await startProgram(program);
    await until(() => example.output.includes('running'), { describe: 'the example to run' });
    await source.query("INSERT INTO users VALUES (1, 'a@example.org'), (2, NULL)");
    await source.query('INSERT INTO orders VALUES (9007199254740993, 12.30)');
    await source.query("UPDATE users SET email = 'b@example.org' WHERE id = 2");
    const count = 'SELECT count(*) FROM users JOIN orders ON true';
    await until(async () => (await target.query<{ count: string }>(count).catch(() => []))[0]?.count === '2', {
      describe: 'the rows at the target',
    });
    await until(async () => (await differences(source, target, ['users', 'orders'])).length === 0, {
      describe: 'equal tables',
    });
    example.kill('SIGTERM');
    expect(await example.exited).toEqual({ code: 0, signal: null });
    expect(example.output).toContain('stopped');
  } finally {
    await rm(program, { force: true });
  }
});
