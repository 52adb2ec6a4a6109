import { PostgresSession } from '@millrace/postgres-client';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDatabase, postgresVersions, sharedPostgres, type TestDatabase } from '../../../../test/harness/index.ts';
import { BinaryTypes } from './binary-types.ts';
import { builtinOid } from './builtin-types.ts';
import { columnValues } from './column-values.ts';
import { MalformedValue } from './malformed-value.ts';
import { typeLiterals } from './type-literals.test-support.ts';

interface Sent {
  readonly text: string;
  readonly binary: Buffer;
}

const arrayOf = (delimiter: string) => (literals: readonly (string | null)[]) =>
  literals.map((value) => (value === null ? 'NULL' : `"${value.replace(/["\\]/g, '\\$&')}"`)).join(delimiter);

/** Arrays of every shape there is. */
const arrays = (name: string, literals: readonly string[]): readonly string[] => {
  const list = arrayOf(name === 'box' ? ';' : ',');
  const [first = ''] = literals;
  const row = list([first, null, literals.at(-1) ?? '']);
  const separator = name === 'box' ? ';' : ',';
  const square = `{{${row}}${separator}{${row}}}`;
  const all = literals.map((literal) => `{${list([literal])}}`);
  return [
    '{}',
    '{NULL}',
    `{${list(literals)}}`,
    `[-2:0]={${row}}`,
    square,
    `[5:6][-1:1]=${square}`,
    `{${square}}`,
    ...all,
  ];
};

describe.each(postgresVersions())('binary values of PostgreSQL %i', (version) => {
  let database: TestDatabase;
  let session: PostgresSession;
  beforeAll(async () => {
    database = await createDatabase(sharedPostgres(version));
    session = await PostgresSession.open(database.url, { applicationName: 'millrace test' });
  });
  afterAll(async () => {
    await session.close();
    await database[Symbol.asyncDispose]();
  });

  /** What the server sends for these values in either form. */
  const sent = async (type: string, literals: readonly string[]): Promise<readonly Sent[]> => {
    const send = `(SELECT typsend::text AS send FROM pg_type WHERE typname = '${type}' AND typnamespace = 'pg_catalog'::regnamespace)`;
    const function_ = (await session.query<{ send: string }>(send)).rows[0]?.send;
    const sendable = function_ === 'textsend' ? 'value::text' : 'value';
    const { rows } = await session.query<{ value: string; binary: string }>(
      `SELECT value, encode(${function_}(${sendable}), 'hex') AS binary
       FROM unnest($1::text[]) WITH ORDINALITY l(literal, place), LATERAL (SELECT literal::pg_catalog."${type}" AS value) v ORDER BY place`,
      [literals],
    );
    return rows.map(({ value, binary }) => ({ text: value, binary: Buffer.from(binary, 'hex') }));
  };

  const check = (type: string, values: readonly Sent[]) => {
    const oid = builtinOid(type) ?? 0;
    const types = new BinaryTypes(version * 10_000);
    const decoder = columnValues(oid, type, types).decoder;
    for (const { text: expected, binary } of values) {
      const utf8 = Buffer.from(expected);
      const framed = Buffer.concat([Buffer.from([1, 255]), binary, Buffer.from([0, 127])]);
      const [start, end] = [2, 2 + binary.length];
      expect(decoder.textOfBinary(framed, start, end), `${type} ${binary.toString('hex')}`).toBe(expected);
      expect(decoder.fromBinary(framed, start, end)).toStrictEqual(decoder.fromText(utf8, 0, utf8.length));
      if (binary.length > 64) continue;
      for (let cut = start; cut < end; cut++) {
        try {
          decoder.fromBinary(framed, start, cut);
          decoder.textOfBinary(framed, start, cut);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedValue);
        }
      }
    }
  };

  const older: Readonly<Record<string, boolean>> = { char: version < 16 };
  const literalsOf = (name: string): readonly string[] => {
    const { fixed, random } = typeLiterals[name] ?? { fixed: [] };
    const more = version >= 17 && name === 'interval' ? ['infinity', '-infinity'] : [];
    return [...fixed, ...more, ...(random === undefined ? [] : fc.sample(random, 200))];
  };

  it.each(Object.keys(typeLiterals).filter((name) => !older[name]))(
    '%s: the text is the one of the server',
    async (name) => {
      const literals = literalsOf(name);
      check(name, await sent(name, literals));
      check(`_${name}`, await sent(`_${name}`, arrays(name, literals.slice(0, 60))));
    },
  );

  // Where the next float is only half as far on one side, where decimals lie halfway, and where there are few digits.
  const powers = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => 2 ** (from + index));
  const multiples = (unit: number, count: number) => Array.from({ length: count }, (_, index) => index * unit);
  const floats = {
    float8: [
      ...powers(-1074, 1024),
      ...multiples(2 ** -1074, 500),
      ...multiples(1e22, 500),
      ...multiples(2 ** 50 + 0.25, 500),
    ],
    float4: [
      ...powers(-149, 128),
      ...multiples(2 ** -149, 500),
      ...multiples(33_554_430.5, 500),
      ...multiples(2 ** 21 + 0.25, 2),
    ],
  };
  it.each(Object.entries(floats))('%s: the text has the digits of the server', async (name, values) => {
    check(name, await sent(name, values.map(String)));
  });
});
