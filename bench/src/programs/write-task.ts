/** What the writing program is to do, as JSON. */
export interface WriteTask {
  readonly target: string;
  readonly rows: number;
  readonly profile: string | null;
}
