import ZongJi from '@vlasky/zongji';
import { freeServerId, type MysqlEndpoint } from '../../../../test/harness/index.ts';

interface RowsOfZongji {
  readonly tableId: number;
  readonly rows: readonly Record<string, unknown>[];
  readonly tableMap: Readonly<Record<number, { readonly tableName: string }>>;
}

/** The inserted rows of a server's first binlog as zongji reads them with its safe settings, by table; `count` of them. */
export const zongjiRows = async (
  { host, port }: MysqlEndpoint,
  filename: string,
  count: number,
): Promise<ReadonlyMap<string, readonly Record<string, unknown>[]>> => {
  const safe = { dateStrings: true, jsonStrings: true, timezone: 'Z', supportBigNumbers: true, bigNumberStrings: true };
  const zongji = new ZongJi({ host, port, user: 'root', password: 'root', ...safe });
  const tables = new Map<string, Record<string, unknown>[]>();
  try {
    await new Promise<void>((resolve, reject) => {
      let seen = 0;
      zongji.on('error', reject);
      zongji.on('binlog', (event) => {
        const { tableId, rows, tableMap } = event as unknown as RowsOfZongji;
        if (rows === undefined) return;
        const table = tableMap[tableId]?.tableName ?? '';
        tables.set(table, [...(tables.get(table) ?? []), ...rows]);
        seen += rows.length;
        if (seen >= count) resolve();
      });
      zongji.start({ serverId: freeServerId(), filename, position: 4, includeEvents: ['tablemap', 'writerows'] });
    });
  } finally {
    zongji.stop();
  }
  return tables;
};

/** A value of zongji's as text. */
const zongjiText = (value: unknown): string | null => {
  if (value === null) return null;
  if (Buffer.isBuffer(value)) return `\\x${value.toString('hex')}`;
  if (Array.isArray(value)) return value.join();
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
};

/** The same value in another form: what the text of a JavaScript value is, and what stands around it here. */
export const isSame = (type: string, ours: string | null, value: unknown): boolean => {
  const theirs = zongjiText(value);
  if (ours === theirs) return true;
  if (ours === null || theirs === null) return false;
  if (/^(float|double)/.test(type)) return Number(ours) === Number(theirs);
  if (type.startsWith('timestamp')) return ours === `${theirs}+00`;
  if (type.startsWith('bit') && Buffer.isBuffer(value))
    return BigInt(`0b${ours}`) === BigInt(`0x${value.toString('hex')}`);
  if (type === 'uuid') return ours.replaceAll('-', '') === theirs.slice(2);
  return false;
};

/** Numbers in JSON as JavaScript writes them. */
const withPlainNumbers = (json: string): string =>
  json.replace(/"?(-?\d+(\.\d+)?(e[+-]?\d+)?)"?/g, (_, number) => String(Number(number)));

/** What zongji is known to read otherwise. */
export const toleratedOfZongji: Readonly<
  Record<string, (type: string, ours: string | null, theirs: unknown) => boolean>
> = {
  'a negative TIME is wrong in minutes and seconds': (type, ours) =>
    type.startsWith('time') && ours?.startsWith('-') === true,
  'the year 0000 is 1900': (type, ours, theirs) => type === 'year' && ours === '0000' && theirs === 1900,
  'an invalid ENUM has no value': (type, ours, theirs) =>
    type.startsWith('enum') && ours === '' && theirs === undefined,
  'a geometry is an object without its reference system': (type, _, theirs) =>
    /^(geometry|point)$/.test(type) && typeof theirs === 'object',
  'INET is bytes': (type, _, theirs) => type.startsWith('inet') && Buffer.isBuffer(theirs),
  'numbers in JSON are those of JavaScript, and decimals are strings': (type, ours, theirs) =>
    type === 'json' && typeof theirs === 'string' && withPlainNumbers(ours ?? '') === withPlainNumbers(theirs),
};
