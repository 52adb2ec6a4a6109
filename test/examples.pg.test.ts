import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SqliteFile } from '../examples/sqlite-sink/src/sqlite-file.ts';
import { ChangeApiServer } from './conformance/change-api-server.ts';
import { createDatabase, type Program, sharedPostgres, startProgram, until } from './harness/index.ts';

const example = (name: string) => new URL(`../examples/${name}/src/${name}.ts`, import.meta.url);
const prints = (program: Program, text: string) =>
  until(() => program.output.includes(text), { describe: `"${text}" in ${program.output}` });

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'millrace-examples-'));
});
afterAll(() => rm(directory, { recursive: true }));

test('custom-source: a file as the log, continued where it was left', async () => {
  const [log, checkpoints] = [join(directory, 'log.jsonl'), join(directory, 'file-checkpoints')];
  const line = (id: number, text: string) => `${JSON.stringify({ id, text })}\n`;
  await writeFile(log, line(1, 'one') + line(2, 'two'));
  await using first = await startProgram(example('custom-source'), { args: [log, checkpoints] });
  await prints(first, '2 two');
  await appendFile(log, line(3, 'end'));
  expect(await first.exited).toEqual({ code: 0, signal: null });
  await appendFile(log, line(4, 'four') + line(5, 'end'));
  await using second = await startProgram(example('custom-source'), { args: [log, checkpoints] });
  await second.exited;
  expect(second.output).toMatch(/^(3 end\n)?4 four\n5 end\n$/);
});

test('handlers: typed functions by table', async () => {
  await using source = await createDatabase(sharedPostgres());
  await source.query(
    'CREATE TABLE users (id int PRIMARY KEY, email text); CREATE TABLE orders (id bigint PRIMARY KEY, total numeric)',
  );
  await using program = await startProgram(example('handlers'), { args: [source.url, join(directory, 'handlers')] });
  await prints(program, 'running');
  await source.query("INSERT INTO users VALUES (1, 'a@b'); UPDATE users SET email = 'c@d'");
  await source.query('INSERT INTO orders VALUES (9007199254740993, 10.50)');
  await prints(program, 'order 9007199254740993: 10.50');
  expect(program.output).toContain('welcome a@b\nchanged c@d\n');
  program.kill('SIGTERM');
  expect(await program.exited).toEqual({ code: 0, signal: null });
});

test('custom-sink: a receiver that loses replies still has every change once, by its id', {
  timeout: 60_000,
}, async () => {
  const received = new Map<string, unknown>();
  let requests = 0;
  const receiver = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      for (const event of JSON.parse(Buffer.concat(chunks).toString()) as { id: string }[])
        received.set(event.id, event);
      // Every other reply is lost after the work was done.
      if (++requests % 2 === 1) request.socket.destroy();
      else response.end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const { port } = receiver.address() as AddressInfo;
  await using source = await createDatabase(sharedPostgres());
  await source.query('CREATE TABLE events (id int PRIMARY KEY)');
  await using program = await startProgram(example('custom-sink'), {
    args: [source.url, `http://127.0.0.1:${port}`, join(directory, 'sink')],
  });
  await prints(program, 'running');
  for (let id = 1; id <= 5; id++) await source.query('INSERT INTO events VALUES ($1)', [id]);
  // All five may come with the first request, whose reply is lost.
  await until(() => received.size === 5 && requests > 1, { describe: 'five events at the receiver', timeout: 30_000 });
  program.kill('SIGTERM');
  expect(await program.exited).toEqual({ code: 0, signal: null });
  receiver.close();
});

test('sqlite-sink: the rows that exist and every change of them, also when it is killed', {
  timeout: 60_000,
}, async () => {
  await using source = await createDatabase(sharedPostgres());
  await source.query('CREATE TABLE notes (id bigint PRIMARY KEY, text text, size int)');
  await source.query("INSERT INTO notes SELECT id, 'note ' || id, id FROM generate_series(1, 4) id");
  const file = new SqliteFile(join(directory, 'notes.sqlite'));
  const rows = () =>
    file.read((database) => {
      const tables = database.exec("SELECT 1 FROM sqlite_schema WHERE name = 'public.notes'");
      const sql = `SELECT CAST(id AS TEXT), text, size FROM "public.notes" ORDER BY id`;
      return JSON.stringify(tables.length === 0 ? [] : (database.exec(sql)[0]?.values ?? []));
    });
  const holds = (expected: unknown) =>
    until(async () => (await rows()) === JSON.stringify(expected), {
      describe: 'the rows in the file',
      timeout: 30_000,
    });
  const start = () => startProgram(example('sqlite-sink'), { args: [source.url, join(directory, 'notes.sqlite')] });
  {
    await using program = await start();
    await holds([1, 2, 3, 4].map((id) => [String(id), `note ${id}`, id]));
    await source.query("DELETE FROM notes WHERE id = 1; UPDATE notes SET text = 'x' WHERE id = 2");
    program.kill('SIGKILL');
    await program.exited;
  }
  await source.query('UPDATE notes SET id = 9007199254740993 WHERE id = 3; UPDATE notes SET size = NULL WHERE id = 4');
  await using program = await start();
  await holds([
    ['2', 'x', 2],
    ['4', 'note 4', null],
    ['9007199254740993', 'note 3', 3],
  ]);
  program.kill('SIGTERM');
  expect(await program.exited).toEqual({ code: 0, signal: null });
});

test('polling-source: the changes of an API, continued at the cursor', async () => {
  const columns = [
    { name: 'id', type: 'int', nullable: false },
    { name: 'note', type: 'text', nullable: true },
  ] as const;
  await using server = new ChangeApiServer([{ name: 'api.items', columns, key: ['id'] }]);
  const args = [await server.listen(), join(directory, 'api-checkpoints')];
  {
    await using program = await startProgram(example('polling-source'), { args });
    await prints(program, 'running');
    server.commit([{ op: 'insert', table: 'api.items', row: { id: 1, note: 'one' } }]);
    await prints(program, 'insert api.items {"id":1,"note":"one"}');
    program.kill('SIGTERM');
    expect(await program.exited).toEqual({ code: 0, signal: null });
  }
  server.commit([{ op: 'update', table: 'api.items', key: { id: 1 }, row: { note: null } }]);
  server.commit([{ op: 'delete', table: 'api.items', key: { id: 1 } }]);
  await using program = await startProgram(example('polling-source'), { args });
  await prints(program, 'update api.items {"id":1,"note":null}\ndelete api.items {"id":1}\n');
});
