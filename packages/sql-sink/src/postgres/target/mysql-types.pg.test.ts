import { expect, it } from 'vitest';
import { createDatabase, sharedPostgres } from '../../../../../test/harness/index.ts';
import { mysqlTypes } from '../../../../../test/values/mysql-types.ts';
import { postgresType } from './mysql-types.ts';

it('PostgreSQL reads values of MySQL and MariaDB as documented', async () => {
  await using database = await createDatabase(sharedPostgres());
  // As the sink's sessions are.
  await database.query("SET TIME ZONE 'UTC'");
  for (const { type, native = type, values } of mysqlTypes) {
    const target = postgresType(native);
    for (const { text, printed = text } of values) {
      const [row] = await database.query(`SELECT format('%s', $1::text::${target}) AS text`, [text]);
      expect(row, `${type}, ${target}`).toEqual({ text: printed });
    }
  }
});
