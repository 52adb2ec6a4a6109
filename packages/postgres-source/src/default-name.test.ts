import { describe, expect, it } from 'vitest';
import { defaultName } from './default-name.ts';

describe('defaultName', () => {
  it('keeps an id that is a valid slot name', () => {
    expect(defaultName('shop_1')).toBe('millrace_shop_1');
  });

  it('tells ids apart that are made safe in the same way', () => {
    const names = ['Shop', 'shop', 'sh-op', 'sh.op', 'sh_op'].map(defaultName);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z0-9_]{1,63}$/);
  });

  it('tells long ids apart within 63 bytes', () => {
    const [a, b] = [defaultName(`${'x'.repeat(80)}a`), defaultName(`${'x'.repeat(80)}b`)];
    expect(a).not.toBe(b);
    expect(a).toHaveLength(63);
  });
});
