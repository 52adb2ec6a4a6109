import type { Column, Relation, UniqueIndex, ValueType } from '@millrace/core';

interface Parts {
  readonly key: readonly string[] | null;
  readonly identity?: Relation['identity'];
  readonly unique?: readonly UniqueIndex[];
}

/** Columns are written as `name type`, with `!` behind those that are never NULL. */
const relation = (
  table: string,
  columns: Readonly<Record<string, ValueType | readonly ['array', ValueType]>>,
  { key, identity = key === null ? 'full' : 'key', unique = [] }: Parts,
): Relation => {
  const described = Object.entries(columns).map(([text, form]): Column => {
    const [, name = '', native = '', mark = ''] = /^(\S+) (.*?)(!?)$/.exec(text) ?? [];
    const types = typeof form === 'string' ? { type: form } : { type: form[0], element: form[1] };
    return { name, native, ...types, nullable: mark === '', generated: false };
  });
  const at = (name: string) => described.findIndex((column) => column.name === name);
  return { schema: 'work', table, version: 1, columns: described, key: key?.map(at) ?? null, identity, unique };
};

/** Every kind of key, identity and value. */
export const workRelations: readonly Relation[] = [
  relation(
    'accounts',
    {
      'id bigint!': 'bigint',
      'email text': 'text',
      'Code integer': 'int',
      'note text': 'text',
      'n smallint!': 'smallint',
    },
    {
      key: ['id'],
      unique: [
        { terms: ['email'], predicate: null, nullsEqual: false },
        { terms: ['"Code"'], predicate: null, nullsEqual: false },
      ],
    },
  ),
  relation('entries', { 'amount numeric': 'decimal', 'label text': 'text', 'payload json': 'json' }, { key: null }),
  relation('lines', { 'text text': 'text', 'order integer!': 'int', 'line text!': 'text' }, { key: ['order', 'line'] }),
  relation(
    'whole',
    { 'id integer!': 'int', 'n integer': 'int', 'long text': 'text' },
    { key: ['id'], identity: 'full' },
  ),
  relation(
    'by index',
    { 'id bigint': 'bigint', 'code text!': 'text', 'note text': 'text' },
    { key: ['code'], identity: 'index' },
  ),
  relation('logged', { 'at timestamptz!': 'timestamptz', 'what text': 'text' }, { key: null, identity: 'none' }),
  relation(
    'values',
    {
      'id uuid!': 'uuid',
      'big bigint': 'bigint',
      'exact numeric': 'decimal',
      'price numeric(10,2)': 'decimal',
      'ratio double precision': 'float',
      'small real': 'float',
      'flag boolean!': 'boolean',
      'short character varying(4)': 'text',
      'fixed character(3)': 'text',
      'raw bytea': 'bytes',
      'day date': 'date',
      'clock time': 'time',
      'at timestamp': 'timestamp',
      'instant timestamptz': 'timestamptz',
      'span interval': 'interval',
      'doc json': 'json',
      'tree jsonb': 'json',
      'tags text[]': ['array', 'text'],
      'days date[]': ['array', 'date'],
    },
    { key: ['id'] },
  ),
];

/** With a key that is not its own: its rows are logged as a whole. */
export const twoKeys = relation(
  'two keys',
  { 'id integer!': 'int', 'code text!': 'text', 'note text': 'text' },
  { key: ['id'], identity: 'full', unique: [{ terms: ['code'], predicate: null, nullsEqual: false }] },
);
