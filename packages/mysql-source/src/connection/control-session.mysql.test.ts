import { resolveConnection } from '@millrace/mysql-client';
import { describe, expect, it } from 'vitest';
import { createMysqlDatabase, mysqlNames, sharedMysql } from '../../../../test/harness/index.ts';
import { ControlSession } from './control-session.ts';

describe.each(mysqlNames())('a control session of %s', (name) => {
  const server = sharedMysql(name);

  it('makes the connection again for who uses it', async () => {
    await using database = await createMysqlDatabase(server);
    const control = new ControlSession({ connection: resolveConnection(database.url), applicationName: 'control' });
    const thread = () => control.use((session) => Promise.resolve(session.threadId));
    const first = await thread();
    await database.query(`KILL ${first}`);
    const answer = await control.use((session, signal) => session.query('SELECT 1 AS a', [], { signal }));
    expect(answer).toEqual([{ a: '1' }]);
    expect(await thread()).not.toBe(first);
    await aborted((signal) =>
      control.use((session, until) => session.query('SELECT SLEEP(60)', [], { signal: until }), signal),
    );
    await control.close();
    await control.close();
    await expect(thread()).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
  });
});

const aborted = async (wait: (signal: AbortSignal) => Promise<unknown>): Promise<void> => {
  const begun = performance.now();
  await expect(wait(AbortSignal.timeout(100))).rejects.toMatchObject({ name: 'TimeoutError' });
  expect(performance.now() - begun).toBeLessThan(1_000);
};
