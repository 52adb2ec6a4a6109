/** Parts of a connection as they were found in a text, not checked. */
export type ParsedConnection = Readonly<Record<string, unknown>>;

const scheme = /^(mysql|mariadb):\/\//;

/** The form of a data source name of the Go driver: the last `@tcp(` ends the password, whatever is in it. */
const dsn =
  /^(?:(?<user>[^:]*)(?::(?<password>.*))?@)?tcp\((?<address>[^()]*)\)\/(?<database>[^?]*)(?:\?(?<parameters>.*))?$/s;

/** `host`, `host:port`, `[::1]` or `[::1]:port`. */
const address = /^(?:\[(?<six>[^\]]*)\]|(?<host>[^:]*))(?::(?<port>.*))?$/s;

/** What a connection text says, or, as a text, why it is none. */
export const parseConnectionText = (text: string): ParsedConnection | string => {
  if (scheme.test(text)) return parseUrl(text);
  const groups = dsn.exec(text)?.groups;
  if (groups !== undefined) return parseDsn(groups);
  return 'must begin with mysql:// or have the form user:password@tcp(host:port)/database';
};

const parseUrl = (text: string): ParsedConnection | string => {
  try {
    const url = new URL(text);
    const database = url.pathname.slice(1);
    return {
      ...parseAddress(url.host),
      user: decodeURIComponent(url.username),
      password: decodeURIComponent(url.password),
      ...(database === '' ? {} : { database: decodeURIComponent(database) }),
      ...parseParameters(url.searchParams),
    };
  } catch {
    return 'is no URL: user, password and database are to be percent-encoded';
  }
};

const parseDsn = ({ user, password, address = '', database = '', parameters = '' }: Record<string, string>) => ({
  ...parseAddress(address),
  user,
  ...(password === undefined ? {} : { password }),
  ...(database === '' ? {} : { database }),
  ...parseParameters(new URLSearchParams(parameters)),
});

const parseAddress = (text: string): ParsedConnection => {
  const { six, host, port } = address.exec(text)?.groups ?? {};
  return { host: six ?? host, ...(port === undefined ? {} : { port: asNumber(port) }) };
};

/** Unknown ones keep their names, so that they are named as problems. */
const parseParameters = (parameters: URLSearchParams): ParsedConnection =>
  Object.fromEntries(
    [...parameters].map(([name, value]) => {
      if (name === 'ssl' || name === 'tls') return ['tls', asBoolean(value)];
      if (name === 'connectTimeout') return [name, asNumber(value)];
      return [name, value];
    }),
  );

const asNumber = (text: string): number | string => (/^\d+$/.test(text) ? Number(text) : text);

const asBoolean = (text: string): boolean | string => (text === 'true' || text === 'false' ? text === 'true' : text);
