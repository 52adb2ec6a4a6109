/** A column of a tuple: NULL, unchanged, text, or binary. */
export type Cell = null | undefined | string | Buffer;

interface TableColumn {
  readonly name: string;
  readonly type: number;
  readonly modifier?: number;
  readonly key?: boolean;
}

export interface Table {
  readonly oid: number;
  readonly schema?: string;
  readonly table: string;
  readonly identity?: string;
  readonly columns: readonly TableColumn[];
}

const uint8 = (value: number): Buffer => Buffer.from([value]);
const uint16 = (value: number): Buffer => {
  const buffer = Buffer.alloc(2);
  buffer.writeUInt16BE(value);
  return buffer;
};
const uint32 = (value: number): Buffer => {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32BE(value >>> 0);
  return buffer;
};
const int64 = (value: bigint): Buffer => {
  const buffer = Buffer.alloc(8);
  buffer.writeBigInt64BE(BigInt.asIntN(64, value));
  return buffer;
};
const text = (value: string): Buffer => Buffer.from(`${value}\0`);
const ascii = (value: string): Buffer => Buffer.from(value, 'latin1');

const cell = (value: Cell): Buffer => {
  if (value === null) return ascii('n');
  if (value === undefined) return ascii('u');
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return Buffer.concat([ascii(typeof value === 'string' ? 't' : 'b'), uint32(bytes.length), bytes]);
};

const tuple = (kind: string, cells: readonly Cell[]): Buffer =>
  Buffer.concat([ascii(kind), uint16(cells.length), ...cells.map(cell)]);

/** Builtin types by name, for readable tables. */
export const oids = { int4: 23, int8: 20, text: 25, bool: 16, numeric: 1700, timestamptz: 1184, bytea: 17 } as const;

const microsecondsTo2000 = 946_684_800_000_000n;

/** Messages of pgoutput as a server writes them (PostgreSQL manual, "Logical Replication Message Formats"). */
export const encode = {
  begin: (finalLsn: bigint, commitTime = 1_767_000_000_000, xid = 0xffff_fff0): Buffer =>
    Buffer.concat([ascii('B'), int64(finalLsn), int64(BigInt(commitTime) * 1000n - microsecondsTo2000), uint32(xid)]),

  commit: (commitLsn: bigint, endLsn: bigint, commitTime = 1_767_000_000_000): Buffer =>
    Buffer.concat([
      ascii('C'),
      uint8(0),
      int64(commitLsn),
      int64(endLsn),
      int64(BigInt(commitTime) * 1000n - microsecondsTo2000),
    ]),

  origin: (commitLsn: bigint, name: string): Buffer => Buffer.concat([ascii('O'), int64(commitLsn), text(name)]),

  relation: ({ oid, schema = 'public', table, identity = 'd', columns }: Table): Buffer =>
    Buffer.concat([
      ascii('R'),
      uint32(oid),
      text(schema === 'pg_catalog' ? '' : schema),
      text(table),
      ascii(identity),
      uint16(columns.length),
      ...columns.flatMap(({ name, type, modifier = -1, key = false }) => [
        uint8(key ? 1 : 0),
        text(name),
        uint32(type),
        uint32(modifier),
      ]),
    ]),

  type: (oid: number, schema: string, name: string): Buffer =>
    Buffer.concat([ascii('Y'), uint32(oid), text(schema === 'pg_catalog' ? '' : schema), text(name)]),

  insert: (oid: number, row: readonly Cell[]): Buffer => Buffer.concat([ascii('I'), uint32(oid), tuple('N', row)]),

  update: (
    oid: number,
    row: readonly Cell[],
    old?: { readonly kind: 'K' | 'O'; readonly row: readonly Cell[] },
  ): Buffer => Buffer.concat([ascii('U'), uint32(oid), ...(old ? [tuple(old.kind, old.row)] : []), tuple('N', row)]),

  delete: (oid: number, kind: 'K' | 'O', row: readonly Cell[]): Buffer =>
    Buffer.concat([ascii('D'), uint32(oid), tuple(kind, row)]),

  truncate: (oidsOfTables: readonly number[], options = 0): Buffer =>
    Buffer.concat([ascii('T'), uint32(oidsOfTables.length), uint8(options), ...oidsOfTables.map(uint32)]),

  message: (transactional: boolean, prefix: string, content: string): Buffer =>
    Buffer.concat([
      ascii('M'),
      uint8(transactional ? 1 : 0),
      int64(1n),
      text(prefix),
      uint32(Buffer.byteLength(content)),
      Buffer.from(content),
    ]),
};

/** A table whose first column is its primary key. */
export const table = (oid: number, name: string, types: Readonly<Record<string, number>>, identity = 'd'): Table => ({
  oid,
  table: name,
  identity,
  columns: Object.entries(types).map(([column, type], index) => ({
    name: column,
    type,
    key: identity === 'f' || ((identity === 'd' || identity === 'i') && index === 0),
  })),
});
