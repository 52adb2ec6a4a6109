/** What a server does with a schema by its own settings. */
export interface SchemaSettings {
  readonly flavor: 'mysql' | 'mariadb';
  /** As comments for servers of a version have it: 90704 is 9.7.4, 101118 is 10.11.18. */
  readonly version: number;
  /** 0: names of tables are told apart by case; 1: they are kept in lower case; 2: they are compared without it. */
  readonly lowerCaseTableNames: number;
  /** Off: the first TIMESTAMP of a statement that does not say so is NOT NULL. */
  readonly explicitDefaultsForTimestamp: boolean;
  /** Of databases that are created without one. */
  readonly defaultCollation: string;
  /** What `utf8` stands for. */
  readonly utf8: 'utf8mb3' | 'utf8mb4';
  readonly charsets: Readonly<Record<string, CharsetSettings>>;
}

export interface CharsetSettings {
  readonly defaultCollation: string;
  readonly maxBytes: number;
}
