import type { StreamTask } from '../programs/stream-task.ts';
import type { Transform } from '../programs/transforms.ts';
import { capturedTables, publication } from '../servers/publication.ts';
import type { Form } from './form.ts';
import { startOurProgram } from './our-program.ts';
import type { StartSide } from './side.ts';

interface OurStreamOptions {
  readonly form: Form;
  readonly transform?: Transform | null;
  /** Where to write a CPU profile; unless told, none is made. */
  readonly profile?: string | null;
}

/** Our stream between the two servers. */
export const ourStream =
  ({ form, transform = null, profile = null }: OurStreamOptions): StartSide =>
  ({ name, sourceUrl, targetUrl }, tables) => {
    const task: StreamTask = {
      id: name,
      source: { connection: sourceUrl, slot: name, publication },
      target: targetUrl,
      tables: capturedTables(tables),
      form,
      transform,
      profile,
    };
    return startOurProgram('stream', task, transform === null ? 'as-they-are' : 'transformed');
  };
