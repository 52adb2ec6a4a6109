import type { ValueType } from '@millrace/core';

export interface BuiltinType {
  /** Its name in `pg_type`, which Type messages carry. */
  readonly catalogName: string;
  /** As `format_type` spells it without a modifier. */
  readonly name: string;
  readonly type: ValueType;
  readonly oid: number;
  readonly arrayOid: number;
}

type Entry = readonly [oid: number, arrayOid: number, catalogName: string, name?: string, type?: ValueType];

// Hand-assigned oids, the same in every server since they exist (src/include/catalog/pg_type.dat).
const entries: readonly Entry[] = [
  [16, 1000, 'bool', 'boolean', 'boolean'],
  [17, 1001, 'bytea', 'bytea', 'bytes'],
  [18, 1002, 'char', '"char"', 'text'],
  [19, 1003, 'name', 'name', 'text'],
  [20, 1016, 'int8', 'bigint', 'bigint'],
  [21, 1005, 'int2', 'smallint', 'smallint'],
  [22, 1006, 'int2vector'],
  [23, 1007, 'int4', 'integer', 'int'],
  [24, 1008, 'regproc'],
  [25, 1009, 'text', 'text', 'text'],
  [26, 1028, 'oid', 'oid', 'int'],
  [27, 1010, 'tid'],
  [28, 1011, 'xid'],
  [29, 1012, 'cid'],
  [30, 1013, 'oidvector'],
  [114, 199, 'json', 'json', 'json'],
  [142, 143, 'xml'],
  [600, 1017, 'point'],
  [601, 1018, 'lseg'],
  [602, 1019, 'path'],
  [603, 1020, 'box'],
  [604, 1027, 'polygon'],
  [628, 629, 'line'],
  [650, 651, 'cidr'],
  [700, 1021, 'float4', 'real', 'float'],
  [701, 1022, 'float8', 'double precision', 'float'],
  [718, 719, 'circle'],
  [774, 775, 'macaddr8'],
  [790, 791, 'money'],
  [829, 1040, 'macaddr'],
  [869, 1041, 'inet'],
  [1033, 1034, 'aclitem'],
  [1042, 1014, 'bpchar', 'bpchar', 'text'],
  [1043, 1015, 'varchar', 'character varying', 'text'],
  [1082, 1182, 'date', 'date', 'date'],
  [1083, 1183, 'time', 'time without time zone', 'time'],
  [1114, 1115, 'timestamp', 'timestamp without time zone', 'timestamp'],
  [1184, 1185, 'timestamptz', 'timestamp with time zone', 'timestamptz'],
  [1186, 1187, 'interval', 'interval', 'interval'],
  // Not a `time`: its text ends in an offset.
  [1266, 1270, 'timetz', 'time with time zone'],
  [1560, 1561, 'bit', '"bit"'],
  [1562, 1563, 'varbit', 'bit varying'],
  [1700, 1231, 'numeric', 'numeric', 'decimal'],
  [1790, 2201, 'refcursor'],
  [2202, 2207, 'regprocedure'],
  [2203, 2208, 'regoper'],
  [2204, 2209, 'regoperator'],
  [2205, 2210, 'regclass'],
  [2206, 2211, 'regtype'],
  [2950, 2951, 'uuid', 'uuid', 'uuid'],
  [2970, 2949, 'txid_snapshot'],
  [3220, 3221, 'pg_lsn'],
  [3614, 3643, 'tsvector'],
  [3615, 3645, 'tsquery'],
  [3734, 3735, 'regconfig'],
  [3769, 3770, 'regdictionary'],
  [3802, 3807, 'jsonb', 'jsonb', 'json'],
  [3904, 3905, 'int4range'],
  [3906, 3907, 'numrange'],
  [3908, 3909, 'tsrange'],
  [3910, 3911, 'tstzrange'],
  [3912, 3913, 'daterange'],
  [3926, 3927, 'int8range'],
  [4072, 4073, 'jsonpath'],
  [4089, 4090, 'regnamespace'],
  [4096, 4097, 'regrole'],
  [4191, 4192, 'regcollation'],
  [4451, 6150, 'int4multirange'],
  [4532, 6151, 'nummultirange'],
  [4533, 6152, 'tsmultirange'],
  [4534, 6153, 'tstzmultirange'],
  [4535, 6155, 'datemultirange'],
  [4536, 6157, 'int8multirange'],
  [5038, 5039, 'pg_snapshot'],
  [5069, 271, 'xid8'],
];

/** All of them. */
export const builtinTypes: readonly BuiltinType[] = entries.map(
  ([oid, arrayOid, catalogName, name = catalogName, type = 'other']) => ({
    oid,
    arrayOid,
    catalogName,
    name,
    type,
  }),
);

const byOid = new Map(builtinTypes.map((type) => [type.oid, type]));
const byArrayOid = new Map(builtinTypes.map((type) => [type.arrayOid, type]));
const oidByName = new Map(
  builtinTypes.flatMap(({ catalogName, oid, arrayOid }) => [
    [catalogName, oid],
    [`_${catalogName}`, arrayOid],
  ]),
);

/** A type that every server has under the same oid; `undefined` for arrays and for all others. */
export const builtinType = (oid: number): BuiltinType | undefined => byOid.get(oid);

/** The type of the elements of a built-in array type. */
export const builtinElementType = (arrayOid: number): BuiltinType | undefined => byArrayOid.get(arrayOid);

/** The oid of a built-in type, or array of one, by its name in `pg_type`. */
export const builtinOid = (catalogName: string): number | undefined => oidByName.get(catalogName);
