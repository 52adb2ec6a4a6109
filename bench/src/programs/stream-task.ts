import type { Form } from '../runs/form.ts';
import type { Transform } from './transforms.ts';

/** What the streaming program is to do, as JSON. */
export interface StreamTask {
  readonly id: string;
  readonly source: { readonly connection: string; readonly slot: string; readonly publication: string };
  readonly target: string;
  readonly tables: readonly (string | { readonly name: string; readonly operations: readonly 'insert'[] })[];
  readonly form: Form;
  readonly transform: Transform | null;
  readonly profile: string | null;
}

/** What it says when it has ended. */
export interface StreamEnd {
  readonly counters: Readonly<Record<string, number>>;
  readonly startSeconds: number | null;
}
