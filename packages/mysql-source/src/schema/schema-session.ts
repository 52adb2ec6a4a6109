/** A connection for queries, as far as reading the schema needs one. Its owner ends it, which ends queries, too. */
export interface SchemaSession {
  query(sql: string, values?: readonly unknown[]): Promise<readonly Readonly<Record<string, unknown>>[]>;
}
