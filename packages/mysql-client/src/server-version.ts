/** Which of the two families a server belongs to, and its version as a number: 90704 for 9.7.4. */
export interface ServerVersion {
  readonly kind: 'mysql' | 'mariadb';
  readonly version: number;
}

/** From what `SELECT VERSION()` says, e.g. `9.7.4` or `10.11.18-MariaDB-log`. */
export const parseServerVersion = (text: string): ServerVersion => {
  const [, major = '0', minor = '0', patch = '0'] = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(text) ?? [];
  return {
    kind: /mariadb/i.test(text) ? 'mariadb' : 'mysql',
    version: Number(major) * 10_000 + Number(minor) * 100 + Number(patch),
  };
};
