import { expect, test } from 'vitest';
import { type MysqlSourceOptions, resolveOptions } from './source-options.ts';

const connection = 'mysql://ann:secret@db.example/shop';
const problems = (options: unknown) => {
  try {
    resolveOptions(options as MysqlSourceOptions);
  } catch (error) {
    const { code, message, details } = error as Error & { code: string; details: { problems: { path: string }[] } };
    expect(code).toBe('INVALID_OPTIONS');
    expect(message + JSON.stringify(details)).not.toContain('secret');
    return details.problems.map(({ path }) => path);
  }
  return [];
};

test('options have defaults', () => {
  expect(resolveOptions({ connection })).toMatchObject({
    connection: { host: 'db.example', database: 'shop' },
    serverId: undefined,
    limits: { maxChanges: 5_000, maxBytes: 1_048_576 },
    zeroDates: 'error',
    acceptCascades: [],
  });
  expect(resolveOptions({ connection, batch: { maxChanges: 7 } }).limits).toEqual({
    maxChanges: 7,
    maxBytes: 1_048_576,
  });
});

test('every problem is said at once, and no secret with it', () => {
  expect(
    problems({
      connection: 'mysql://ann:secret@db.example:0/shop',
      serverId: 4_294_967_296,
      batch: { maxChanges: 0, maxBytes: '1', maxRows: 1 },
      zeroDates: 'maybe',
      acceptCascades: ['orders'],
      password: 'secret',
    }),
  ).toEqual(
    [
      'connection.port',
      'serverId',
      'batch.maxChanges',
      'batch.maxBytes',
      'batch.maxRows',
      'zeroDates',
      'acceptCascades',
      'password',
    ].map((key) => `source.${key}`),
  );
  for (const options of [undefined, null, 'mysql://ann:secret@x/y', []]) expect(problems(options)).not.toEqual([]);
  expect(problems({ connection, batch: 5 })).toEqual(['source.batch']);
});

test.each([
  ['1970-01-01', true],
  ['2024-02-29', true],
  ['2023-02-29', false],
  ['2026-02-30', false],
  ['0000-00-00', false],
  ['1.1.1970', false],
])('what stands for a zero date has to be one itself: %s', (value, isRight) => {
  expect(problems({ connection, zeroDates: { value } })).toEqual(isRight ? [] : ['source.zeroDates']);
});
