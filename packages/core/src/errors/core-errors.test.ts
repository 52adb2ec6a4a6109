import { expect, it } from 'vitest';
import { asMillraceError } from './core-errors.ts';
import { MillraceError } from './millrace-error.ts';

it('a text that no string can hold is not tried again', () => {
  const bytes = Buffer.alloc(0x2000_0000);
  try {
    bytes.toString('latin1');
    expect.unreachable();
  } catch (error) {
    expect(asMillraceError(error)).toMatchObject({ code: 'VALUE_TOO_LARGE', recovery: 'operator' });
  }
});

it('an error says its message as JSON, but not its cause, which may hold anything', () => {
  const cause = new Error('a row value');
  const error = new MillraceError({ code: 'MINE', recovery: 'operator', message: 'it broke', hint: 'mend it', cause });
  expect(JSON.parse(JSON.stringify({ error }))).toEqual({
    error: { code: 'MINE', recovery: 'operator', message: 'it broke', hint: 'mend it', details: {} },
  });
});
