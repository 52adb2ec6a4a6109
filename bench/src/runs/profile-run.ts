import { join } from 'node:path';
import { readProfile, selfTimes } from '../measure/profile-summary.ts';
import type { Transform } from '../programs/transforms.ts';
import type { Backlog } from './backlog.ts';
import type { Form } from './form.ts';
import { measureRun } from './measure-run.ts';
import { ourStream } from './our-stream.ts';

interface ProfileRequest {
  /** Of the scenario. */
  readonly name: string;
  readonly form: Form;
  readonly transform: Transform | null;
  /** The folder for profiles. */
  readonly profiles: string;
}

const functions = 15;

/** The lines that say where a profile lies and what took the time in it. */
export const profileNotes = async (label: string, file: string): Promise<readonly string[]> => {
  const times = selfTimes(await readProfile(file), functions);
  const lines = times.map(({ name, milliseconds, share }) => {
    const percent = `${(share * 100).toFixed(1)} %`.padStart(7);
    return `  ${percent} ${milliseconds.toFixed(0).padStart(6)} ms  ${name}`;
  });
  return [`${label}: ${file}`, ...lines];
};

/** One more run of our side, which is slower for being profiled and counts for nothing else. */
export const profileRun = async (
  backlog: Backlog,
  { name, form, transform, profiles }: ProfileRequest,
): Promise<readonly string[]> => {
  const file = join(profiles, `${name}-${form}.cpuprofile`);
  const { seconds } = await measureRun(backlog, ourStream({ form, transform, profile: file }));
  return profileNotes(`profile of ours ${form}, ${seconds.toFixed(2)} s`, file);
};
