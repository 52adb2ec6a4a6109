import { isObject, type Problem, unknownKeys } from './problem.ts';

/**
 * How the connection is encrypted:
 * - `preferred`: where the server offers it, whoever it is: this keeps off listeners, not one who stands in between;
 * - `skip-verify`: always, whoever the server is;
 * - `true`: always, with a server whose certificate is for its host name and comes from an authority Node.js knows;
 * - an object: the same, with certificates of your own;
 * - `false`: never.
 */
export type MysqlTls = boolean | 'preferred' | 'skip-verify' | MysqlTlsOptions;

/** Certificates and keys are texts in PEM form, not names of files. */
export interface MysqlTlsOptions {
  /** The authorities to trust in place of those Node.js knows. */
  readonly ca?: string;
  /** The certificate to show to the server, for users that it asks for one. */
  readonly cert?: string;
  readonly key?: string;
  /** Of the key. */
  readonly passphrase?: string;
  /**
   * What of the server's certificate is looked at: that it is for the server's host name (`identity`), only that an
   * authority has signed it (`authority`: certificates that MySQL makes itself name no host), or nothing. Default:
   * `identity`.
   */
  readonly verify?: 'identity' | 'authority' | 'nothing';
}

export type ResolvedTls =
  | { readonly kind: 'off' | 'preferred' }
  | ({ readonly kind: 'on'; readonly verify: 'identity' | 'authority' | 'nothing' } & Omit<MysqlTlsOptions, 'verify'>);

const texts = ['ca', 'cert', 'key', 'passphrase'];
const verifications: readonly unknown[] = ['identity', 'authority', 'nothing'];

export const tlsProblems = (tls: unknown, path: string): readonly Problem[] => {
  if (tls === undefined || typeof tls === 'boolean' || tls === 'preferred' || tls === 'skip-verify') return [];
  if (!isObject(tls)) {
    return [{ path, message: "must be true, false, 'skip-verify', 'preferred' or an object with certificates" }];
  }
  const given = texts.filter((key) => tls[key] !== undefined);
  const problems: Problem[] = given
    .filter((key) => typeof tls[key] !== 'string')
    .map((key) => ({ path: `${path}.${key}`, message: 'must be a text' }));
  if ((tls.cert === undefined) !== (tls.key === undefined)) {
    problems.push({
      path: `${path}.${tls.cert === undefined ? 'cert' : 'key'}`,
      message: 'cert and key belong together',
    });
  }
  if (tls.verify !== undefined && !verifications.includes(tls.verify)) {
    problems.push({ path: `${path}.verify`, message: "must be 'identity', 'authority' or 'nothing'" });
  }
  return [...problems, ...unknownKeys(tls, [...texts, 'verify'], `${path}.`)];
};

/** Of options without problems. */
export const resolveTls = (tls: MysqlTls = 'preferred'): ResolvedTls => {
  if (tls === false) return { kind: 'off' };
  if (tls === 'preferred') return { kind: 'preferred' };
  if (tls === 'skip-verify') return { kind: 'on', verify: 'nothing' };
  return { kind: 'on', verify: 'identity', ...(tls === true ? {} : tls) };
};
