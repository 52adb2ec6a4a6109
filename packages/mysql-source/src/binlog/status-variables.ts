import type { EventReader } from './event-reader.ts';

/** What the session that ran a statement had set: only what makes a difference to us. */
export interface StatusVariables {
  sqlMode: bigint | null;
  clientCollation: number | null;
  serverCollation: number | null;
  databaseCollation: number | null;
  utf8mb4Collation: number | null;
  explicitDefaults: boolean | null;
}

const variable = {
  flags: 0,
  sqlMode: 1,
  catalogWithEnd: 2,
  autoIncrement: 3,
  charset: 4,
  timeZone: 5,
  catalog: 6,
  timeNames: 7,
  databaseCollation: 8,
  tableMapForUpdate: 9,
  masterDataWritten: 10,
  invoker: 11,
  updatedSchemas: 12,
  microseconds: 13,
  explicitDefaults: 16,
  xidOfDefinition: 17,
  utf8mb4Collation: 18,
  requirePrimaryKey: 19,
  tableEncryption: 20,
  mariadbMicroseconds: 128,
  mariadbXid: 129,
};

const manySchemas = 254;
/** Of MariaDB's flags: `explicit_defaults_for_timestamp` was on. MySQL leaves it unset. */
const explicitDefaultsFlag = 1 << 24;

/** Reads them up to their end, or to the first one that is unknown: nothing says how long that is. */
export const readStatusVariables = (reader: EventReader): StatusVariables => {
  const found: StatusVariables = {
    sqlMode: null,
    clientCollation: null,
    serverCollation: null,
    databaseCollation: null,
    utf8mb4Collation: null,
    explicitDefaults: null,
  };
  while (reader.left > 0 && readVariable(reader, found));
  return found;
};

const readVariable = (reader: EventReader, found: StatusVariables): boolean => {
  switch (reader.uint8()) {
    case variable.sqlMode:
      found.sqlMode = reader.uint64();
      return true;
    case variable.charset:
      found.clientCollation = reader.uint16();
      reader.skip(2);
      found.serverCollation = reader.uint16();
      return true;
    case variable.databaseCollation:
      found.databaseCollation = reader.uint16();
      return true;
    case variable.utf8mb4Collation:
      found.utf8mb4Collation = reader.uint16();
      return true;
    case variable.flags:
      if ((reader.uint32() & explicitDefaultsFlag) !== 0) found.explicitDefaults = true;
      return true;
    case variable.explicitDefaults:
      found.explicitDefaults = reader.uint8() !== 0;
      return true;
    case variable.autoIncrement:
    case variable.masterDataWritten:
      reader.skip(4);
      return true;
    case variable.catalogWithEnd:
      reader.skip(reader.uint8() + 1);
      return true;
    case variable.timeZone:
    case variable.catalog:
      reader.skip(reader.uint8());
      return true;
    case variable.timeNames:
      reader.skip(2);
      return true;
    case variable.tableMapForUpdate:
    case variable.xidOfDefinition:
    case variable.mariadbXid:
      reader.skip(8);
      return true;
    case variable.invoker:
      reader.skip(reader.uint8());
      reader.skip(reader.uint8());
      return true;
    case variable.updatedSchemas:
      skipSchemas(reader, reader.uint8());
      return true;
    case variable.microseconds:
    case variable.mariadbMicroseconds:
      reader.skip(3);
      return true;
    case variable.requirePrimaryKey:
    case variable.tableEncryption:
      reader.skip(1);
      return true;
    default:
      return false;
  }
};

const skipSchemas = (reader: EventReader, count: number): void => {
  if (count === manySchemas) return;
  for (let left = count; left > 0; left--) while (reader.uint8() !== 0);
};
