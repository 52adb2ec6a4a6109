import { median } from '../report/median.ts';
import type { Configuration } from './configuration.ts';
import type { Form } from './form.ts';
import type { RunResult } from './measure-run.ts';

/** The runs of one configuration. */
export interface Measurements {
  readonly configuration: Pick<Configuration, 'label' | 'side' | 'form' | 'synchronousCommit'>;
  readonly runs: readonly RunResult[];
}

export const medianSeconds = ({ runs }: Measurements): number => median(runs.map(({ seconds }) => seconds));

/** The time of the native side divided by ours, both in the same form; `null` where one of them was not measured. */
export const nativeToOurs = (
  all: readonly Measurements[],
  form: Form,
  synchronousCommit: 'on' | 'off',
): number | null => {
  const find = (side: Configuration['side'], commit: 'on' | 'off') =>
    all.find(
      ({ configuration }) =>
        configuration.side === side && configuration.form === form && configuration.synchronousCommit === commit,
    );
  const [ours, native] = [find('ours', 'on'), find('native', synchronousCommit)];
  return ours === undefined || native === undefined ? null : medianSeconds(native) / medianSeconds(ours);
};
