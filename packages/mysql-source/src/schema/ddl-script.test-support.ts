/** Statements that belong together, in order; the second database of a test is called `other`. */
export interface DdlScript {
  readonly title: string;
  readonly on?: 'mysql' | 'mariadb';
  readonly sqlMode?: string;
  readonly statements: readonly string[];
}

export const script = (title: string, ...statements: readonly string[]): DdlScript => ({ title, statements });
export const mysql = (title: string, ...statements: readonly string[]): DdlScript => ({
  title,
  on: 'mysql',
  statements,
});
export const mariadb = (title: string, ...statements: readonly string[]): DdlScript => ({
  title,
  on: 'mariadb',
  statements,
});
