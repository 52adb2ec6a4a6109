import { describe, expect, it } from 'vitest';
import { parseArguments, WrongArguments } from './arguments.ts';

const scenarios = ['inserts', 'updates', 'deletes'];
const parse = (...words: string[]) => parseArguments(words, scenarios);

describe('the command line', () => {
  it('runs everything three times unless told', () => {
    expect(parse()).toEqual({
      quick: false,
      only: [],
      runs: 3,
      part: 1,
      json: null,
      postgres: 18,
      profile: false,
      list: false,
    });
  });

  it('runs once when quick, and as often as told', () => {
    expect(parse('--quick').runs).toBe(1);
    expect(parse('--quick', '--runs', '5').runs).toBe(5);
  });

  it('takes a tenth of every size when quick, and the part it is told', () => {
    expect(parse('--quick').part).toBe(0.1);
    expect(parse('--part', '0.3').part).toBe(0.3);
  });

  it('takes scenarios in one list or several', () => {
    expect(parse('--only', 'inserts,updates', '--only', 'deletes').only).toEqual(scenarios);
  });

  it('takes what stands behind the two dashes that a package manager may add', () => {
    expect(parse('--', '--postgres', '15').postgres).toBe(15);
  });

  it('takes a version of PostgreSQL, or where one is installed', () => {
    expect(parse('--postgres', '15').postgres).toBe(15);
    expect(parse('--postgres', '/usr/lib/postgresql/15/bin').postgres).toBe('/usr/lib/postgresql/15/bin');
  });

  it.each([
    ['--only', 'upserts'],
    ['--runs', '0'],
    ['--runs', 'many'],
    ['--part', '2'],
    ['--postgres', '13'],
    ['--slow'],
  ])('refuses %s %s', (...words) => {
    expect(() => parse(...words)).toThrow(WrongArguments);
  });
});
