/** What a copying program is to do, as JSON. */
export interface CopyTask {
  readonly id: string;
  readonly target: string;
  readonly tables: readonly string[];
  readonly concurrency: number;
  readonly profile: string | null;
}

export interface PostgresCopyTask extends CopyTask {
  readonly source: { readonly connection: string; readonly slot: string; readonly publication: string };
}

export interface MysqlCopyTask extends CopyTask {
  readonly source: { readonly connection: string };
}
