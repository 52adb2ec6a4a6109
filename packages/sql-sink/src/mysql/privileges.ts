import type { ScriptSession } from '@millrace/mysql-client';
import { accountOf } from './checkpoint/checkpoint-grant.ts';

interface Grant {
  readonly privileges: ReadonlySet<string>;
  /** It takes from what is granted on everything. */
  readonly revokes: boolean;
  /** `null`: on all databases. */
  readonly database: RegExp | null;
  /** `null`: on all tables. */
  readonly table: RegExp | null;
}

const line = /^(GRANT|REVOKE) (.+?) ON (?:TABLE )?(\*|`(?:[^`]|``)+`)\.(\*|`(?:[^`]|``)+`) (?:TO|FROM) /;

const columns = /\s*\((?:[^`)]|`(?:[^`]|``)*`)*\)/g;

const nameOf = (quoted: string): string | null => (quoted === '*' ? null : quoted.slice(1, -1).replaceAll('``', '`'));

const exactly = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

/** Names of whole databases are patterns, as of LIKE. */
const patternOf = (name: string, isPattern: boolean): RegExp => {
  const source = isPattern
    ? name.replace(/\\?./gsu, (part) => (part === '%' ? '.*' : part === '_' ? '.' : exactly(part.slice(-1))))
    : exactly(name);
  // Some servers do not tell names apart by case.
  return new RegExp(`^${source}$`, 'isu');
};

const grantOf = (text: string): readonly Grant[] => {
  const [, verb, list = '', inDatabase = '*', onTable = '*'] = line.exec(text) ?? [];
  if (verb === undefined) return [];
  const [database, table] = [nameOf(inDatabase), nameOf(onTable)];
  return [
    {
      // Of single columns: they may be all that are needed.
      privileges: new Set(list.replace(columns, '').split(/, ?/)),
      revokes: verb === 'REVOKE',
      database: database === null ? null : patternOf(database, table === null),
      table: table === null ? null : patternOf(table, false),
    },
  ];
};

/** What a user may do, as the lines of SHOW GRANTS say. */
export class Privileges {
  /** The account as `GRANT` takes it. */
  readonly account: string;
  readonly #grants: readonly Grant[];

  constructor(account: string, lines: readonly string[]) {
    this.account = accountOf(account);
    this.#grants = lines.flatMap(grantOf);
  }

  /** Which of these are missing on a table, whether it exists or not. */
  missing(privileges: readonly string[], database: string, table: string): readonly string[] {
    return privileges.filter((privilege) => !this.#has(privilege, database, table));
  }

  /** Whether the user has it on everything. */
  hasGlobal(privilege: string): boolean {
    return this.#grants.some((grant) => grant.database === null && !grant.revokes && gives(grant, privilege));
  }

  #has(privilege: string, database: string, table: string): boolean {
    const here = this.#grants.filter(
      (grant) =>
        gives(grant, privilege) && grant.database?.test(database) === true && grant.table?.test(table) !== false,
    );
    if (here.some(({ revokes }) => !revokes)) return true;
    return here.length === 0 && this.hasGlobal(privilege);
  }
}

const gives = ({ privileges }: Grant, privilege: string): boolean =>
  privileges.has(privilege) || privileges.has('ALL PRIVILEGES');

/** What the user of the session may do, by the roles too that are in force. */
export const readPrivileges = async (session: ScriptSession, signal: AbortSignal): Promise<Privileges> => {
  const doing = 'read the privileges of the user';
  const [account, grants] = await session.script(['SELECT CURRENT_USER()', 'SHOW GRANTS'], { signal, doing });
  return new Privileges(
    account?.rows[0]?.[0] ?? '',
    (grants?.rows ?? []).map(([text]) => text ?? ''),
  );
};
