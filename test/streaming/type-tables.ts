import { typeLiterals } from '../../packages/postgres-source/src/values/type-literals.test-support.ts';
import type { TestDatabase } from '../harness/index.ts';

export type Literals = Readonly<Record<string, readonly string[]>>;

/**
 * Types whose values come as text, whatever the sink takes: their text depends on the catalog, or nothing reads their
 * binary form.
 */
export const textTypes: Literals = {
  tsvector: ["'a':1A,2B 'it''s':3 'b c'"],
  tsquery: ["'a' & !('b':* | 'c' <-> 'd')"],
  regclass: ['pg_class', '"Odd ""name"""'],
  regtype: ['numeric', 'timestamp with time zone[]'],
  regproc: ['pg_catalog.now'],
  regprocedure: ['pg_catalog.abs(bigint)'],
  regoper: ['|/'],
  regoperator: ['+(integer,integer)'],
  regrole: ['postgres'],
  regnamespace: ['public'],
  regconfig: ['simple'],
  regdictionary: ['simple'],
  pg_snapshot: ['10:20:10,14,15'],
  int2vector: ['1 2 3'],
  oidvector: ['1 4294967295'],
};

/** Types of the user's own, whose names are as awkward as names can be. */
export const ownTypes = `
  CREATE SCHEMA "Sch ema";
  CREATE TABLE "Odd ""name""" (id int);
  CREATE TYPE "Sch ema"."Möod ""x"", y" AS ENUM ('fine', 'so "so"', '', 'a,b', '{x}');
  CREATE DOMAIN "Sch ema"."select" AS numeric(20,3) CHECK (VALUE > 0);
  CREATE DOMAIN feelings AS "Sch ema"."Möod ""x"", y"[];
  CREATE TYPE pair AS (a int, "b c" text, d numeric[]);
  CREATE TYPE floats AS RANGE (subtype = float8);`;
export const ownLiterals: Literals = {
  '"Sch ema"."Möod ""x"", y"': ['fine', 'so "so"', '', 'a,b', '{x}'],
  '"Sch ema"."select"': ['12345678901234567.891'],
  feelings: ['{fine,NULL,"so \\"so\\"","","a,b"}', '[5:6]={fine,fine}'],
  'feelings[]': ['{"{fine,NULL}",NULL,"{}"}', '[0:0]={"[5:6]={fine,\\"a,b\\"}"}'],
  pair: ['(1,"b ""c"" \\\\ ,)","{1.50,NaN}")', '(,,)'],
  'pair[]': ['{"(1,x,{})",NULL}'],
  floats: ['[1.5,Infinity)', 'empty'],
  '"Sch ema"."Möod ""x"", y"[]': ['{{fine,""},{"a,b",NULL}}'],
  'numeric(1000,900)': [`${'9'.repeat(100)}.${'7'.repeat(900)}`],
  'numeric(3,0)': ['NaN', '999'],
  'varchar(3)': ['äöü'],
  'char(3)': ['ä'],
  'bit(3)': ['101'],
  'bit(3)[]': ['{101,NULL}'],
  'timestamp(3)': ['2026-02-03 04:05:06.007'],
  'timestamptz(0)': ['2026-02-03 04:05:06+00'],
  'time(2)': ['23:59:59.99'],
  'interval(1)': ['00:00:00.1'],
  'interval year to month': ['1 year 2 mons'],
};

/** Those whose binary form can be read. That of an array says an oid, which differs between databases and does no harm. */
export const readableOwnTypes = ['"Sch ema"."Möod ""x"", y"', '"Sch ema"."select"', 'feelings', 'feelings[]'];

export const extensions: Readonly<Record<string, Literals>> = {
  hstore: { hstore: ['"a"=>"1", "b c"=>NULL, "d"=>"\\"x\\""', ''] },
  citext: { citext: ['Grüße', ''] },
  ltree: { ltree: ['Top.Science', ''], lquery: ['Top.*{1,2}'] },
  cube: { cube: ['(1, 2.5),(3, 4)'] },
  vector: { 'vector(3)': ['[1,2.5,-3]'] },
};

const quoted = (value: string) => `'${value.replaceAll("'", "''")}'`;

/** Whether a type can be a key: arrays of any type can be declared one. */
const isOrdered = async (database: TestDatabase, type: string, literals: readonly string[]): Promise<boolean> => {
  const create = `CREATE TEMP TABLE ordered (v ${type} PRIMARY KEY CHECK (v < v OR v >= v))`;
  const insert = `INSERT INTO ordered SELECT v::${type} FROM unnest(ARRAY[${literals.map(quoted).join(', ')}]) v ON CONFLICT DO NOTHING`;
  return database.query(`${create}; ${insert}; DROP TABLE ordered`).then(
    () => true,
    () => false,
  );
};

interface TypeTable {
  readonly name: string;
  readonly create: string;
  readonly fill: (from: number) => string;
  readonly change: string;
}

/** A table keyed by a number and, where its values are ordered, one that is keyed by the value. */
export const tablesOf = async (database: TestDatabase, types: readonly (readonly [string, readonly string[]])[]) => {
  const tables: TypeTable[] = [];
  for (const [index, [type, literals]] of types.entries()) {
    const rows = (from: number) => literals.map((value, at) => `(${from + at}, ${quoted(value)})`).join(', ');
    const name = `"t ${index} ${type.slice(0, 20).replaceAll('"', '""')}"`;
    tables.push({
      name: `public.${name}`,
      create: `CREATE TABLE ${name} (id int PRIMARY KEY, v ${type}, n int, w ${type})`,
      fill: (from) =>
        literals.length === 0
          ? ''
          : `INSERT INTO ${name} (id, v) VALUES ${rows(from)}, (${from + literals.length}, NULL)`,
      // Values are set, taken away, left as they are, and moved to another key.
      change: [
        ...literals.map((value) => `UPDATE ${name} SET v = ${quoted(value)} WHERE id % 10 = 1`),
        `UPDATE ${name} SET n = id`,
        `UPDATE ${name} SET v = NULL WHERE id % 10 = 2`,
        `UPDATE ${name} SET id = -id WHERE id > 0`,
      ].join(';'),
    });
    if (literals.length < 2 || !(await isOrdered(database, type, literals))) continue;
    const key = `"k ${index}"`;
    const [first = '', second = '', ...others] = literals.map((value) => `${quoted(value)}::${type}`);
    tables.push({
      name: `public.${key}`,
      create: `CREATE TABLE ${key} (v ${type} PRIMARY KEY, n int)`,
      // Two literals may be the same value.
      fill: () =>
        `INSERT INTO ${key} VALUES ${[first, ...others].map((value) => `(${value})`).join(', ')} ON CONFLICT DO NOTHING`,
      change: `UPDATE ${key} SET n = 1; DELETE FROM ${key} WHERE v = ${second}; UPDATE ${key} SET v = ${second} WHERE v = ${first}; DELETE FROM ${key} WHERE v <> ${second} AND v < ${second}`,
    });
  }
  return tables;
};

export const arraysOf = (types: Literals): Literals =>
  Object.fromEntries(
    Object.entries(types).map(([type, literals]) => {
      const delimiter = /\bbox\b/.test(type) ? ';' : ',';
      const [one = '', ...others] = literals.map((value) => `"${value.replace(/["\\]/g, '\\$&')}"`);
      const all = [one, ...others].join(delimiter);
      return [`${type}[]`, ['{}', `{NULL${delimiter}${all}}`, `[-1:0][2:2]={{${one}}${delimiter}{NULL}}`]];
    }),
  );

/** Types that there are no arrays of, or whose arrays are listed. */
export const isElement = (type: string): boolean =>
  !type.endsWith('[]') && !type.includes('Möod') && !['feelings', 'int2vector', 'oidvector'].includes(type);

/** Literals of every built-in type that can be read in binary form. */
export const builtinLiterals = (version: number): Literals =>
  Object.fromEntries(
    Object.entries(typeLiterals).map(([name, { fixed }]) => [
      `pg_catalog."${name}"`,
      version >= 17 && name === 'interval' ? [...fixed, 'infinity', '-infinity'] : fixed,
    ]),
  );
