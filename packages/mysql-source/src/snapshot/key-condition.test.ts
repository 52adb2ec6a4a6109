import { expect, it } from 'vitest';
import type { ColumnDefinition } from '../schema/table-definition.ts';
import { keyColumn, UnkeptValue } from './key-column.ts';
import { rowsBefore, rowsBehind } from './key-condition.ts';
import { formatCursor, type KeyCursor, parseCursor } from './key-cursor.ts';

const column = (name: string, type: string, collation: string | null = null): ColumnDefinition => ({
  name,
  type,
  collation,
  nullable: false,
  generated: null,
  invisible: false,
});
const key = [column('a', 'int'), column('b`', 'varchar(20)', 'latin1_swedish_ci'), column('c', 'datetime(6)')].map(
  keyColumn,
);

it('rows behind a place are those with a larger value in the first column that differs', () => {
  expect(rowsBehind(key, { kind: 'start' })).toBeNull();
  expect(rowsBehind(key, { kind: 'from', value: '-5' })).toBe('`a` >= -5');
  expect(rowsBefore(key, { kind: 'from', value: '10' })).toBe('`a` < 10');
  expect(rowsBefore(key, null)).toBeNull();
  const text = "(_latin1 X'e4' COLLATE latin1_swedish_ci)";
  const values = ['7', 'e4', '2026-01-02 03:04:05.000006'];
  expect(rowsBehind(key, { kind: 'after', values })).toBe(
    [
      '(`a` > 7)',
      `(\`a\` = 7 AND \`b\`\`\` > ${text})`,
      `(\`a\` = 7 AND \`b\`\`\` = ${text} AND \`c\` > '2026-01-02 03:04:05.000006')`,
    ].join(' OR '),
  );
});

it('takes no SQL from a cursor', () => {
  for (const [at, value] of [
    [0, '1 OR 1=1'],
    [1, "' OR ''='"],
    [2, "2026' OR '1'='1"],
  ] as const)
    expect(() => key[at]?.literal(value)).toThrow(UnkeptValue);
});

it('cursors say everything, and other texts are not taken for them', () => {
  const places: KeyCursor['place'][] = [
    { kind: 'start' },
    { kind: 'from', value: '18446744073709551615' },
    { kind: 'after', values: ['1', ''] },
  ];
  for (const place of places) {
    const cursor = { version: '0123456789abcdef', place };
    expect(parseCursor(formatCursor(cursor))).toEqual(cursor);
  }
  for (const text of [null, '', '{}', '[]', '[1]', '["v", 1]', '["v", [1]]', '["v", "1", "2"]', '16384:1:x:0'])
    expect(() => parseCursor(text), String(text)).toThrow(expect.objectContaining({ code: 'COPY_OUTDATED' }));
});
