import { expect, it } from 'vitest';
import { releaseOf } from './installed-postgres.ts';

it('finds the release of a server in what it says of itself', () => {
  expect(releaseOf('postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)')).toBe('15.18');
  expect(releaseOf('postgres (PostgreSQL) 19beta2')).toBe('19beta2');
  expect(() => releaseOf('mysqld  Ver 9.7.4')).toThrow('No version');
});
