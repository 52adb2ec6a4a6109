import type { ServerVersion } from '@millrace/mysql-client';

/** Under which texts are equal exactly when their characters are, spaces at the end included. */
export const exactCollation = ({ kind, version }: ServerVersion): string => {
  if (kind === 'mariadb') return 'utf8mb4_nopad_bin';
  return version < 80_017 ? 'utf8mb4_bin' : 'utf8mb4_0900_bin';
};

/** Whether texts under it are equal exactly when their characters are. */
export const isExactCollation = (collation: string | null): boolean =>
  collation === null || collation === 'binary' || /_(?:0900|nopad)_bin$/.test(collation);

/** Whether texts under it are equal exactly when their characters are, but for spaces at the end. */
export const isBinaryCollation = (collation: string | null): boolean =>
  collation === null || /(?:_bin|^binary)$/.test(collation);
