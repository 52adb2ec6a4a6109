import { expect, it } from 'vitest';
import { isLogged, logFilters } from './log-filters.ts';

it('a database is logged unless it is left out, or others are named', () => {
  const status = { Binlog_Do_DB: 'shop,stock', Binlog_Ignore_DB: 'shop' };
  expect(isLogged(logFilters([status]), 'shop')).toBe(true);
  expect(isLogged(logFilters([status]), 'other')).toBe(false);
  expect(isLogged(logFilters([{ ...status, Binlog_Do_DB: '' }]), 'shop')).toBe(false);
  expect(isLogged(logFilters([{ ...status, Binlog_Do_DB: '' }]), 'other')).toBe(true);
  expect(isLogged(logFilters([]), 'shop')).toBe(true);
});
