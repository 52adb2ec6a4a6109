import { coreErrors } from '../../packages/core/src/errors/core-errors.ts';
import type { ErrorTable } from '../../packages/core/src/errors/error-table.ts';
import { mysqlErrors } from '../../packages/mysql-client/src/error-table.ts';
import { mysqlSourceErrors } from '../../packages/mysql-source/src/mysql-source-errors.ts';
import { postgresErrors } from '../../packages/postgres-client/src/error-table.ts';
import { postgresSourceErrors } from '../../packages/postgres-source/src/postgres-source-errors.ts';
import { sqlSinkErrors } from '../../packages/sql-sink/src/error-table.ts';
import { table } from './markdown.ts';

const packages: readonly (readonly [name: string, about: string, errors: ErrorTable])[] = [
  ['@millrace/core', 'Errors of the stream itself.', coreErrors],
  [
    '@millrace/postgres-client',
    'Errors of a connection to PostgreSQL, at the source and at the target.',
    postgresErrors,
  ],
  ['@millrace/postgres-source', 'Errors of the PostgreSQL source.', postgresSourceErrors],
  ['@millrace/mysql-client', 'Errors of a connection to MySQL or MariaDB.', mysqlErrors],
  ['@millrace/mysql-source', 'Errors of the MySQL and MariaDB source.', mysqlSourceErrors],
  ['@millrace/sql-sink', 'Errors of the SQL sinks; some are those of one database only.', sqlSinkErrors],
];

const introduction = `<!-- Written by \`pnpm docs:gen\` from the error tables of the packages. Do not edit. -->

# Errors

Every error of Millrace is a \`MillraceError\`. Its \`code\` is stable, its message is not. \`hint\` holds the SQL or the
option that fixes it, \`details\` names and numbers; neither they nor the message hold row values or passwords. A code
that occurs in two packages means the same in both.

\`recovery\` says who can do something about it:

| recovery | while running | during \`start()\` | what to do |
| --- | --- | --- | --- |
| \`retry\` | \`failed\`: the stream closes its connections, waits, and goes on from the checkpoint, as often as it takes | rejects; \`not-started\` | nothing; after \`start()\`, call it again |
| \`operator\` | \`failed-permanently\` | rejects; \`not-started\` (\`FENCED\`: \`failed-permanently\`) | change the database or the option, then \`recover('retry')\` or \`start()\` |
| \`recover\` | \`failed-permanently\`: the log cannot be continued at the checkpoint | rejects; \`failed-permanently\` | put right what the error names and \`recover('retry')\`; or \`delete()\` the stream and start anew, without the changes in between |
| \`bug\` | \`failed-permanently\` | rejects; \`not-started\` | report it |

Connectors classify what a server says by its SQLSTATE (PostgreSQL) or error number (MySQL and MariaDB), never by the text of
its message. What validation
finds (\`stream.validate()\`, or the details of \`VALIDATION_FAILED\`) has codes of its own: see
[postgres.md](postgres.md#validation) and [mysql.md](mysql.md#validation).
`;

/** docs/errors.md. */
export const errorsPage = (): string =>
  [
    introduction,
    ...packages.map(([name, about, errors]) => {
      const rows = Object.entries(errors)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([code, { recovery, meaning }]) => [`\`${code}\``, `\`${recovery}\``, meaning]);
      return `## ${name}\n\n${about}\n\n${table(['code', 'recovery', 'meaning'], rows)}\n`;
    }),
  ].join('\n');
