import type { PostgresBinaries } from '@millrace/testkit/servers';
import { startServer } from '../servers/server-pair.ts';
import { withClient } from '../servers/with-client.ts';

/** The server program that is measured with, as it says itself. */
export interface ServerFacts {
  readonly version: string;
  /** How the compiler was told to optimise, such as `-O2`; distributions differ, and with it all figures. */
  readonly optimisation: string;
}

/** The last of the compiler's options that say how to optimise: it is the one that counts. */
export const optimisationOf = (flags: string): string => flags.match(/(?<=^|\s)-O\S*/g)?.at(-1) ?? 'none';

export const readServerFacts = async (postgres: PostgresBinaries): Promise<ServerFacts> => {
  await using server = await startServer(postgres);
  return await withClient(server.url(), async (client) => {
    const text = "SELECT current_setting('server_version') AS version, setting FROM pg_config WHERE name = 'CFLAGS'";
    const { rows } = await client.query<{ version: string; setting: string }>(text);
    const { version = postgres.release, setting = '' } = rows[0] ?? {};
    return { version, optimisation: optimisationOf(setting) };
  });
};
