import { expect, it } from 'vitest';
import { Privileges } from './privileges.ts';

const all = ['SELECT', 'INSERT', 'CREATE', 'DROP'];
const of = (...lines: readonly string[]) => new Privileges("it's@x@%", lines);
const to = 'TO `u`@`%`';

it('names the account as a grant takes it', () => {
  expect(of().account).toBe("'it''s@x'@'%'");
});

it.each<[string, readonly string[], string, string, readonly string[]]>([
  ['everything', [`GRANT ALL PRIVILEGES ON *.* ${to} WITH GRANT OPTION`], 'shop', 't', []],
  ['a list', [`GRANT SELECT, INSERT, CREATE, DROP ON *.* ${to}`], 'shop', 't', []],
  ['nothing', [`GRANT USAGE ON *.* ${to} IDENTIFIED BY PASSWORD '*A'`], 'shop', 't', all],
  ['a database', [`GRANT SELECT, CREATE ON \`shop\`.* ${to}`], 'shop', 't', ['INSERT', 'DROP']],
  ['another database', [`GRANT ALL PRIVILEGES ON \`shop\`.* ${to}`], 'shops', 't', all],
  ['a pattern', [`GRANT ALL PRIVILEGES ON \`sh_p%\`.* ${to}`], 'shops', 't', []],
  ['a quoted pattern', [`GRANT ALL PRIVILEGES ON \`sh\\_p\`.* ${to}`], 'shop', 't', all],
  ['the name that it quotes', [`GRANT ALL PRIVILEGES ON \`sh\\_p\`.* ${to}`], 'sh_p', 't', []],
  ['a table', [`GRANT DROP ON \`sh_p\`.\`t\` ${to}`], 'sh_p', 't', ['SELECT', 'INSERT', 'CREATE']],
  ['another case', [`GRANT DROP ON \`shop\`.\`T\` ${to}`], 'Shop', 't', ['SELECT', 'INSERT', 'CREATE']],
  ['no pattern for a table', [`GRANT DROP ON \`sh_p\`.\`t\` ${to}`], 'shop', 't', all],
  ['another table', [`GRANT DROP ON \`shop\`.\`t\` ${to}`], 'shop', 'tt', all],
  ['columns', [`GRANT SELECT (\`a\`, \`b, (\`), DROP ON \`shop\`.\`t\` ${to}`], 'shop', 't', ['INSERT', 'CREATE']],
  ['odd names', [`GRANT DROP, SELECT ON \`a\`\`b.c\`.* ${to}`], 'a`b.c', 't', ['INSERT', 'CREATE']],
  ['roles and procedures', ['GRANT `r`@`%` TO `u`@`%`', `GRANT EXECUTE ON PROCEDURE \`a\`.\`p\` ${to}`], 'a', 'p', all],
  [
    'what is taken from everything',
    [`GRANT SELECT, DROP ON *.* ${to}`, 'REVOKE DROP ON `shop`.* FROM `u`@`%`'],
    'shop',
    't',
    ['INSERT', 'CREATE', 'DROP'],
  ],
])('knows of %s', (_, lines, database, table, missing) => {
  expect(of(...lines).missing(all, database, table)).toEqual(missing);
});

it('tells what holds for everything', () => {
  const privileges = of(`GRANT CONNECTION_ADMIN,SUPER ON *.* ${to}`, `GRANT PROCESS ON \`a\`.* ${to}`);
  expect(['CONNECTION_ADMIN', 'SUPER', 'PROCESS'].filter((each) => privileges.hasGlobal(each))).toEqual([
    'CONNECTION_ADMIN',
    'SUPER',
  ]);
});
