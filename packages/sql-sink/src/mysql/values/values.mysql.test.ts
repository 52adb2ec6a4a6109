import { MillraceError, type Relation } from '@millrace/core';
import { resolveConnection, ScriptSession } from '@millrace/mysql-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createMysqlDatabase,
  type MysqlTestDatabase,
  mysqlNames,
  sharedMysql,
} from '../../../../../test/harness/index.ts';
import { bareType } from '../target/bare-type.ts';
import { createTable } from '../target/create-table.ts';
import { mysqlNames as targetNames } from '../target/mysql-types.ts';
import { readTargetTables } from '../target/read-target-tables.ts';
import { planTable } from '../target/table-plan.ts';
import { mysqlValues } from '../testing/mysql-values.ts';
import { postgresValues } from '../testing/postgres-values.ts';
import type { ValueCase } from '../testing/value-case.ts';
import type { ValueForm } from './value-form.ts';

const settings = [
  `SET SESSION sql_mode = 'STRICT_TRANS_TABLES,STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,NO_AUTO_VALUE_ON_ZERO'`,
];
const loading = String.raw`CHARACTER SET utf8mb4 FIELDS TERMINATED BY '\t' ESCAPED BY '\\' LINES TERMINATED BY '\n'`;

/** The bytes that a form writes of a text. */
const written = (form: ValueForm, way: 'writeLiteral' | 'writeField', text: string): Buffer => {
  const source = Buffer.from(`before${text}behind`);
  const end = source.length - 6;
  const most = form.mostBytes(end - 6);
  const target = Buffer.alloc(most + 3);
  const to = form[way](source, 6, end, target, 3);
  expect(to - 3).toBeLessThanOrEqual(most);
  return target.subarray(3, to);
};

/** SQL of a column's text in the form of a source. */
const readAs = (type: string, { type: valueType, native }: ValueCase, kind: 'mysql' | 'mariadb'): string => {
  if (/^(?:geometry|point)$/.test(type)) {
    const wkb = kind === 'mysql' ? "ST_AsBinary(v, 'axis-order=long-lat')" : 'ST_AsBinary(v)';
    const srid = [0, 8, 16, 24].map((bits) => `(ST_SRID(v) >> ${bits}) & 255`).join(', ');
    const extended = `CONCAT(SUBSTR(${wkb}, 1, 4), x'20', CHAR(${srid} USING binary), SUBSTR(${wkb}, 6))`;
    return String.raw`CONCAT('\\x', LOWER(HEX(IF(ST_SRID(v) = 0, ${wkb}, ${extended}))))`;
  }
  if (valueType === 'bytes') return String.raw`CONCAT('\\x', LOWER(HEX(v)))`;
  if (type.startsWith('bit(')) return `LPAD(BIN(v), ${/\d+/.exec(native)?.[0]}, '0')`;
  if (type.startsWith('vector')) return kind === 'mysql' ? 'VECTOR_TO_STRING(v)' : 'VEC_ToText(v)';
  return /^(?:float|double)$/.test(type) ? 'CAST(v AS DOUBLE)' : 'CONVERT(v USING utf8mb4)';
};

/** Numbers of which the servers have another text are compared by their value. */
const comparable = (text: string | null, type: string, kind: 'mysql' | 'mariadb'): unknown => {
  if (text === null) return null;
  if (type.startsWith('vector')) return JSON.parse(text).map(Math.fround);
  if (type !== 'float' && type !== 'double') return text;
  const value = type === 'float' ? Math.fround(Number(text)) : Number(text);
  // MariaDB has no negative zero.
  return kind === 'mariadb' ? value + 0 : value;
};

const refusedBy = ({ refused = [], rejected = [] }: ValueCase): readonly string[] => [...refused, ...rejected];

const nameOf = ({ dialect, native }: ValueCase): string => `${native} of ${dialect ?? 'postgres'}`;

describe.each(mysqlNames())('values at %s', (name) => {
  const server = sharedMysql(name);
  const { signal } = new AbortController();
  let database: MysqlTestDatabase;
  let session: ScriptSession;
  let made = 0;

  beforeAll(async () => {
    database = await createMysqlDatabase(server);
    session = await ScriptSession.open({
      connection: resolveConnection(database.url),
      applicationName: 'millrace values',
      signal,
      settings,
      flags: ['LOCAL_FILES'],
    });
  });
  afterAll(async () => {
    await session.close();
    await database[Symbol.asyncDispose]();
  });

  const makeTable = async ({ dialect, native, type }: ValueCase) => {
    const column = (name: string, native: string, type: ValueCase['type'], nullable: boolean) => ({
      name,
      native,
      type,
      nullable,
      generated: false,
    });
    const source: Relation = {
      schema: database.name,
      table: `t${made++}`,
      version: 0,
      columns: [column('id', dialect === undefined ? 'integer' : 'int', 'int', false), column('v', native, type, true)],
      key: [0],
      identity: 'key',
      ...(dialect === undefined ? {} : { dialect }),
    };
    const relation = targetNames({}, session.server).of(source);
    await session.query(createTable(relation));
    const targets = await readTargetTables(session, [relation], signal);
    const target = targets.get(`${relation.schema}.${relation.table}`);
    const plan = planTable(0, relation, target, 'error', source, session.server);
    const [, planned] = plan.columns;
    if (planned === undefined) throw new Error('the column is not planned');
    return { plan, form: planned.form, type: bareType(planned.type) };
  };

  const load = async (table: string, form: ValueForm, rows: readonly Buffer[]) => {
    const columns = form.loaded === null ? '(id, v)' : `(id, @v) SET v = ${form.loaded('@v')}`;
    const statement = `LOAD DATA LOCAL INFILE 'given' INTO TABLE ${table} ${loading} ${columns}`;
    const [outcome] = await session.script([statement], { data: [Buffer.concat(rows)] });
    return outcome;
  };

  const field = (id: number, value: Buffer): Buffer =>
    Buffer.concat([Buffer.from(`${id}\t`), value, Buffer.from('\n')]);

  const cases = [...postgresValues, ...mysqlValues]
    .filter(
      ({ native }) => !native.startsWith('vector(') || server.version >= (server.kind === 'mysql' ? 90_000 : 110_700),
    )
    .map((each) => [nameOf(each), each] as const);

  it.each(cases)('are those of the source: %s', async (_, of) => {
    const { plan, form, type } = await makeTable(of);
    const expectedType = typeof of.target === 'string' ? of.target : of.target[server.kind === 'mysql' ? 0 : 1];
    expect(type).toBe(expectedType);
    const pairs = of.values.map((value) => (typeof value === 'string' ? ([value, value] as const) : value));
    const texts = pairs.map(([text]) => text);
    const expected = pairs.map(([, read]) => comparable(read, type, server.kind));
    const readBack = async () => {
      const rows = await session.query<{ v: string }>(
        `SELECT ${readAs(type, of, server.kind)} AS v FROM ${plan.name} ORDER BY id`,
      );
      return rows.map(({ v }) => comparable(v, type, server.kind));
    };
    const empty = () => session.query(`DELETE FROM ${plan.name}`);

    const literals = texts.map((text, id) => `(${id}, ${form.literal(text)})`);
    await session.query(`INSERT INTO ${plan.name} (id, v) VALUES ${literals.join(', ')}`);
    expect(await readBack()).toEqual(expected);
    if (!/^(?:json|geometry|point|vector)/.test(type))
      for (const [id, text] of texts.entries()) {
        const found = await session.query<{ id: string }>(
          `SELECT id FROM ${plan.name} WHERE v = ${form.literal(text)}`,
        );
        expect(found.map((row) => Number(row.id))).toContain(id);
      }

    await empty();
    const bytes = texts.flatMap((text, id) => [
      Buffer.from(`${id === 0 ? '' : ', '}(${id}, `),
      written(form, 'writeLiteral', text),
      Buffer.from(')'),
    ]);
    await session.script([Buffer.concat([Buffer.from(`INSERT INTO ${plan.name} (id, v) VALUES `), ...bytes])]);
    expect(await readBack()).toEqual(expected);

    await empty();
    const outcome = await load(
      plan.name,
      form,
      texts.map((text, id) => field(id, written(form, 'writeField', text))),
    );
    expect(outcome).toMatchObject({ warnings: 0, affectedRows: texts.length });
    expect(await readBack()).toEqual(expected);

    await empty();
    await session.query(`INSERT INTO ${plan.name} (id, v) VALUES (0, NULL)`);
    await load(plan.name, form, [field(1, Buffer.from('\\N'))]);
    expect(await readBack()).toEqual([null, null]);
  });

  const refusing = cases.filter(([, of]) => refusedBy(of).length > 0);

  it.each(refusing)('are refused where they would become others: %s', async (_, of) => {
    const { plan, form } = await makeTable(of);
    const good = form.literal(typeof of.values[0] === 'string' ? of.values[0] : (of.values[0]?.[0] ?? ''));
    for (const text of refusedBy(of)) {
      const own = rejection(() => form.literal(text));
      for (const way of ['writeLiteral', 'writeField'] as const)
        expect(
          rejection(() => written(form, way, text)),
          `${text} ${way}`,
        ).toBe(own);
      if (own !== null) {
        expect(own, text).toBe('VALUE_REJECTED');
        continue;
      }
      const insert = `INSERT INTO ${plan.name} (id, v) VALUES`;
      const statements = [
        `${insert} (1, ${form.literal(text)})`,
        `${insert} (1, ${good}), (2, ${form.literal(text)}), (3, ${good})`,
        `UPDATE ${plan.name} SET v = ${form.literal(text)}`,
      ];
      await session.query(`${insert} (0, ${good})`);
      for (const statement of statements)
        await expect(session.script(['START TRANSACTION', statement]), text).rejects.toMatchObject({
          code: expect.stringMatching(/^(?:VALUE_REJECTED|CONSTRAINT_VIOLATED|STATEMENT_FAILED)$/),
        });
      await session.query('ROLLBACK');
      const loaded = await load(plan.name, form, [field(1, written(form, 'writeField', text))]).catch(() => null);
      expect(loaded?.warnings ?? 1, text).toBeGreaterThan(0);
      await session.query(`DELETE FROM ${plan.name}`);
    }
  });
});

const rejection = (make: () => unknown): string | null => {
  try {
    make();
    return null;
  } catch (error) {
    return error instanceof MillraceError ? error.code : String(error);
  }
};
