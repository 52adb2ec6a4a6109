import { readFileSync } from 'node:fs';

/** A user and group of this machine, by number, as `spawn` takes them. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/**
 * The account that database servers run under: `nobody` when the tests run as root, because
 * PostgreSQL refuses to run as root, and otherwise the account of the tests themselves.
 */
export function serverAccount(): Account {
  const uid = process.getuid?.();
  const gid = process.getgid?.();
  if (uid === undefined || gid === undefined) throw new Error('Database servers can be started on Linux only');
  if (uid !== 0) return { uid, gid };
  const nobody = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .find(([name]) => name === 'nobody');
  if (nobody === undefined) throw new Error('PostgreSQL refuses to run as root, and this machine has no user "nobody"');
  return { uid: Number(nobody[2]), gid: Number(nobody[3]) };
}
