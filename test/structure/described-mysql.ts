import type { MysqlTestDatabase } from '../harness/index.ts';

interface Described {
  readonly indexes: readonly string[];
  readonly constraints: readonly string[];
  readonly columns: readonly string[];
  readonly comments: readonly string[];
}

const texts = async (database: MysqlTestDatabase, sql: string): Promise<readonly string[]> =>
  (await database.query<{ one: unknown }>(sql)).map(({ one }) => String(one).replaceAll(database.name, 'db')).sort();

/** What the tables of a database have beside columns and key, as its catalog says it. */
export const describedStructure = async (database: MysqlTestDatabase): Promise<Described> => {
  const here = "TABLE_SCHEMA = DATABASE() AND TABLE_NAME NOT IN ('checkpoint', 'copy_range')";
  return {
    indexes: await texts(
      database,
      `SELECT CONCAT_WS(' ', TABLE_NAME, INDEX_NAME, CASE NON_UNIQUE WHEN 0 THEN 'unique' ELSE 'plain' END, INDEX_TYPE,
         GROUP_CONCAT(CONCAT_WS(':', COALESCE(COLUMN_NAME, '(expression)'), SUB_PART, COLLATION) ORDER BY SEQ_IN_INDEX)) AS one
       FROM information_schema.STATISTICS WHERE ${here} GROUP BY TABLE_NAME, INDEX_NAME, NON_UNIQUE, INDEX_TYPE`,
    ),
    constraints: [
      ...(await texts(
        database,
        `SELECT CONCAT_WS(' ', r.TABLE_NAME, r.CONSTRAINT_NAME, GROUP_CONCAT(k.COLUMN_NAME ORDER BY k.ORDINAL_POSITION), '->',
           r.REFERENCED_TABLE_NAME, GROUP_CONCAT(k.REFERENCED_COLUMN_NAME ORDER BY k.ORDINAL_POSITION), r.DELETE_RULE, r.UPDATE_RULE) AS one
         FROM information_schema.REFERENTIAL_CONSTRAINTS r JOIN information_schema.KEY_COLUMN_USAGE k
           ON k.CONSTRAINT_SCHEMA = r.CONSTRAINT_SCHEMA AND k.CONSTRAINT_NAME = r.CONSTRAINT_NAME AND k.TABLE_NAME = r.TABLE_NAME
         WHERE r.CONSTRAINT_SCHEMA = DATABASE()
         GROUP BY r.TABLE_NAME, r.CONSTRAINT_NAME, r.REFERENCED_TABLE_NAME, r.DELETE_RULE, r.UPDATE_RULE`,
      )),
      ...(await texts(
        database,
        `SELECT CONCAT_WS(' ', c.CONSTRAINT_NAME, c.CHECK_CLAUSE) AS one FROM information_schema.CHECK_CONSTRAINTS c
         WHERE c.CONSTRAINT_SCHEMA = DATABASE()`,
      )),
    ],
    columns: await texts(
      database,
      `SELECT CONCAT_WS(' ', TABLE_NAME, COLUMN_NAME, COLUMN_DEFAULT, EXTRA) AS one FROM information_schema.COLUMNS
       WHERE ${here} AND (COALESCE(COLUMN_DEFAULT, 'NULL') <> 'NULL' OR EXTRA <> '')`,
    ),
    comments: [
      ...(await texts(
        database,
        `SELECT CONCAT_WS(' ', TABLE_NAME, TABLE_COMMENT) AS one FROM information_schema.TABLES WHERE ${here} AND TABLE_COMMENT <> ''`,
      )),
      ...(await texts(
        database,
        `SELECT CONCAT_WS(' ', TABLE_NAME, COLUMN_NAME, COLUMN_COMMENT) AS one FROM information_schema.COLUMNS
         WHERE ${here} AND COLUMN_COMMENT <> ''`,
      )),
    ],
  };
};
