/** Major versions of PostgreSQL that the tests know how to start, oldest first. */
export const knownPostgresVersions = [14, 15, 16, 17, 18] as const;

/** A major version of PostgreSQL. */
export type PostgresVersion = (typeof knownPostgresVersions)[number];

/** The newest version, which a test that does not care gets. */
export const newestPostgres: PostgresVersion = 18;

/** The known version with this number; throws for any other. */
export function asPostgresVersion(major: number): PostgresVersion {
  const version = knownPostgresVersions.find((known) => known === major);
  if (version === undefined) throw new Error(`PostgreSQL ${major} is not one of ${knownPostgresVersions.join(', ')}`);
  return version;
}
