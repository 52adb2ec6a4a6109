import { expect, it } from 'vitest';
import { type ServerFacts, serverFindings } from './server-findings.ts';

const good: ServerFacts = {
  version: '140023',
  recovery: 'f',
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'remote_apply',
  encoding: 'UTF8',
};

it.each<[Partial<ServerFacts>, readonly string[]]>([
  [{}, []],
  [{ version: '130015' }, ['SERVER_TOO_OLD error']],
  [{ recovery: 't' }, ['SERVER_READ_ONLY error']],
  [{ fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' }, Array(3).fill('SERVER_NOT_DURABLE warning')],
  [{ synchronous_commit: 'local' }, []],
  [{ encoding: 'SQL_ASCII' }, ['SERVER_ENCODING warning']],
])('a server with %o has the findings %o', (change, expected) => {
  const findings = serverFindings({ ...good, ...change });
  expect(findings.map(({ code, level = 'error' }) => `${code} ${level}`)).toEqual(expected);
});
