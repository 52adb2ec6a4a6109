import { describe, expect, it } from 'vitest';
import { formatLsn, parseLsn } from '../lsn.ts';
import { endOfLastRecord } from './log-end.ts';

const megabyte = 1024 * 1024;
const end = (position: string, { page = 8_192, segment = 16 * megabyte } = {}) =>
  formatLsn(endOfLastRecord(parseLsn(position), { page, segment }));

describe('the end of the last record', () => {
  it('lies before the header of a page that is still empty', () => {
    expect(end('0/1002018')).toBe('0/1002000');
    expect(end('5/FE000018')).toBe('5/FE000018');
    expect(end('5/FE000028')).toBe('5/FE000000');
    expect(end('5/FE002018')).toBe('5/FE002000');
  });

  it('is where the server says otherwise', () => {
    for (const position of ['0/1002000', '0/1002020', '0/1002028', '5/FE000000', '5/FE000030', '0/0'])
      expect(end(position)).toBe(position);
  });

  it('depends on how the server was built', () => {
    expect(end('0/2018', { page: 16_384 })).toBe('0/2018');
    expect(end('0/100028', { segment: megabyte })).toBe('0/100000');
    expect(end('0/100028')).toBe('0/100028');
  });
});
