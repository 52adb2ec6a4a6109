import { expect, it } from 'vitest';
import { asMillraceError } from './core-errors.ts';

it('a text that no string can hold is not tried again', () => {
  const bytes = Buffer.alloc(0x2000_0000);
  try {
    bytes.toString('latin1');
    expect.unreachable();
  } catch (error) {
    expect(asMillraceError(error)).toMatchObject({ code: 'VALUE_TOO_LARGE', recovery: 'operator' });
  }
});
