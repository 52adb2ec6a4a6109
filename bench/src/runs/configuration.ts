import type { Transform } from '../programs/transforms.ts';
import type { Form } from './form.ts';
import { nativeSubscription } from './native-subscription.ts';
import { ourStream } from './our-stream.ts';
import type { StartSide } from './side.ts';

/** One way to apply a backlog. */
export interface Configuration {
  readonly label: string;
  readonly side: 'ours' | 'native';
  readonly form: Form;
  /** Of the native side: `synchronous_commit` of the subscription. Ours always waits for the disk. */
  readonly synchronousCommit: 'on' | 'off';
  readonly start: StartSide;
}

const ours = (form: Form, transform: Transform | null): Configuration => ({
  label: `ours ${form}`,
  side: 'ours',
  form,
  synchronousCommit: 'on',
  start: ourStream({ form, transform }),
});

const native = (form: Form, synchronousCommit: 'on' | 'off'): Configuration => ({
  label: `native ${form}, ${synchronousCommit}`,
  side: 'native',
  form,
  synchronousCommit,
  start: nativeSubscription({ form, synchronousCommit }),
});

/** In the order in which they run: ours and native in turn, so that what drifts meanwhile meets both. */
export const configurations = (
  forms: readonly Form[],
  transform: Transform | null = null,
): readonly Configuration[] => [
  ...forms.flatMap((form) => [ours(form, transform), native(form, 'on')]),
  ...forms.map((form) => native(form, 'off')),
];
