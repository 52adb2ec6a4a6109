/**
 * Writes the pages of docs/ that follow from the code. With `--check` it writes nothing and fails when a page differs
 * from what it would write.
 */
import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorsPage } from './docs/errors-page.ts';
import { lifecycleDiagram, lifecycleTables } from './docs/lifecycle.ts';
import { replaceGenerated } from './docs/markdown.ts';
import { betweenMysqlAndMariadb, postgresToMysql } from './docs/mysql-target-tables.ts';
import { root } from './docs/pages.ts';
import { mysqlToPostgres } from './docs/value-tables.ts';

interface Page {
  readonly path: string;
  /** The page as it has to be, from the page as it is. */
  readonly render: (current: string) => string;
}

/** By the names of their parts of docs/mysql-values.md. */
const valueTables: Readonly<Record<string, () => string>> = {
  'types at PostgreSQL': mysqlToPostgres,
  'types of PostgreSQL': postgresToMysql,
  'types between MySQL and MariaDB': betweenMysqlAndMariadb,
};

const pages: readonly Page[] = [
  { path: 'docs/errors.md', render: errorsPage },
  {
    path: 'docs/lifecycle.md',
    render: (current) =>
      replaceGenerated(replaceGenerated(current, 'diagram', lifecycleDiagram()), 'tables', lifecycleTables()),
  },
  {
    path: 'docs/mysql-values.md',
    render: (current) =>
      Object.entries(valueTables).reduce((page, [part, make]) => replaceGenerated(page, part, make()), current),
  },
];

/** As `pnpm check` wants it, which lays out Markdown too. */
const formatted = (path: string, text: string): string =>
  execFileSync('node_modules/.bin/biome', ['format', `--stdin-file-path=${path}`], {
    cwd: root,
    input: text,
    encoding: 'utf8',
  });

const isCheck = process.argv.includes('--check');
const outdated: string[] = [];
for (const { path, render } of pages) {
  const file = join(root, path);
  const current = await readFile(file, 'utf8').catch(() => '');
  const wanted = formatted(path, render(current));
  if (current === wanted) continue;
  if (isCheck) outdated.push(path);
  else await writeFile(file, wanted);
}
if (outdated.length > 0) {
  process.stderr.write(`Out of date, run \`pnpm docs:gen\`: ${outdated.join(', ')}\n`);
  process.exitCode = 1;
}
