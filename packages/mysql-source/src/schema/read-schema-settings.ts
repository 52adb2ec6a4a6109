import type { LogSession } from '../log-session.ts';
import type { CharsetSettings, SchemaSettings } from './model/schema-settings.ts';

/** Settings that not every server has; one that it does not have is empty. */
const optionalSettings = ['old_mode', 'character_set_collations', 'default_collation_for_utf8mb4'];

/** Reads what the server's settings say of how statements become tables. */
export const readSchemaSettings = async (session: LogSession): Promise<SchemaSettings> => {
  const [server] = await session.query(
    `SELECT VERSION() AS version, @@lower_case_table_names AS lowerCase, @@global.collation_server AS defaultCollation,
      @@global.explicit_defaults_for_timestamp AS explicitDefaults`,
  );
  const rows = await session.query('SHOW GLOBAL VARIABLES WHERE Variable_name IN (?, ?, ?)', optionalSettings);
  const settings = new Map(rows.map((row) => [String(row.Variable_name), String(row.Value)]));
  const version = String(server?.version);
  const flavor = /mariadb/i.test(version) ? 'mariadb' : 'mysql';
  const oldMode = settings.get('old_mode') ?? '';
  return {
    flavor,
    version: versionNumber(version),
    lowerCaseTableNames: Number(server?.lowerCase),
    explicitDefaultsForTimestamp: Number(server?.explicitDefaults) === 1,
    defaultCollation: String(server?.defaultCollation),
    utf8: flavor === 'mysql' || oldMode.includes('UTF8_IS_UTF8MB3') ? 'utf8mb3' : 'utf8mb4',
    charsets: await readCharsets(session, settings),
  };
};

const versionNumber = (version: string): number => {
  const [, major, minor, patch] = /^(\d+)\.(\d+)\.(\d+)/.exec(version) ?? [];
  return Number(major) * 10_000 + Number(minor) * 100 + Number(patch);
};

const readCharsets = async (session: LogSession, settings: ReadonlyMap<string, string>) => {
  const rows = await session.query(
    `SELECT CHARACTER_SET_NAME AS name, DEFAULT_COLLATE_NAME AS collation, MAXLEN AS maxBytes
     FROM information_schema.CHARACTER_SETS`,
  );
  const charsets: Record<string, CharsetSettings> = {};
  for (const row of rows)
    charsets[String(row.name)] = { defaultCollation: String(row.collation), maxBytes: Number(row.maxBytes) };
  const chosen = (settings.get('character_set_collations') ?? '').split(',').map((pair) => pair.split('='));
  chosen.push(['utf8mb4', settings.get('default_collation_for_utf8mb4') ?? '']);
  for (const [name, collation] of chosen) {
    const charset = charsets[name ?? ''];
    if (charset !== undefined && name !== undefined && collation)
      charsets[name] = { ...charset, defaultCollation: collation };
  }
  return charsets;
};
