import { type CommandsTarget, ReplicationCommands } from './replication-commands.ts';

/**
 * Opens a replication connection and asks it which system it is of: the system identifier (PostgreSQL manual,
 * "Streaming Replication Protocol", IDENTIFY_SYSTEM). Rejects with what the driver or the server says.
 */
export const identifySystem = async (target: CommandsTarget): Promise<string> => {
  await using commands = await ReplicationCommands.open(target);
  return String((await commands.run('IDENTIFY_SYSTEM'))?.systemid);
};
