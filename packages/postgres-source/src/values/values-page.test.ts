import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { builtinTypes } from './builtin-types.ts';

const page = readFileSync(new URL('../../../../docs/values.md', import.meta.url), 'utf8');

/** How people write what the catalog calls otherwise. */
const usual: Readonly<Record<string, string>> = { bpchar: 'char(n)', timestamptz: 'timestamptz', varchar: 'varchar' };
const nameOf = ({ catalogName, name }: (typeof builtinTypes)[number]): string =>
  usual[catalogName] ?? (/^time(stamp)? /.test(name) ? catalogName : name);

const codes = (cell = ''): readonly string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);

it('docs/values.md says of every built-in type what its values are', () => {
  const documented = [...page.matchAll(/^\| (`[^|]+`) *\| ([^|]+) *\|/gm)].flatMap(([, types, names]) => {
    const said = codes(types).filter((type) => type !== 'ValueType');
    return codes(names).map((name) => ({ name, types: said }));
  });
  const built = builtinTypes.filter(({ type }) => type !== 'other');
  expect(documented.map(({ name }) => name).sort()).toEqual(built.map(nameOf).sort());
  for (const type of built)
    expect(documented.find(({ name }) => name === nameOf(type))?.types, type.name).toContain(type.type);
});
