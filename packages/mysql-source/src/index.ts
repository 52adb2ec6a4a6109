export type { ColumnDefinition, TableDefinition } from './schema/table-definition.ts';
