/** What the copying program is to do, as JSON. */
export interface CopyTask {
  readonly id: string;
  readonly source: { readonly connection: string; readonly slot: string; readonly publication: string };
  readonly target: string;
  readonly tables: readonly string[];
  readonly concurrency: number;
  readonly profile: string | null;
}
