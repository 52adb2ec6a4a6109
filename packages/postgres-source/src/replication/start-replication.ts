import { quoteIdentifier, quoteLiteral } from '@millrace/postgres-client';

/**
 * The text of `START_REPLICATION` (PostgreSQL manual, "Streaming Replication Protocol"; "Logical Streaming Replication
 * Parameters"). `publication_names` is a list of identifiers inside a string constant, so every name is quoted twice:
 * otherwise upper-case names are folded and a quote or comma ends the name. Protocol version 1 holds no part of a
 * transaction before its commit.
 */
export const startReplication = (slot: string, after: string, publications: readonly string[]): string => {
  const names = publications.map(quoteIdentifier).join(',');
  const options = `proto_version '1', publication_names ${quoteLiteral(names)}`;
  return `START_REPLICATION SLOT ${quoteIdentifier(slot)} LOGICAL ${after} (${options})`;
};
