import { parseArgs } from 'node:util';
import { type ServerKindName, serverKinds } from './server-kinds.ts';

export interface DemoOptions {
  readonly source: ServerKindName;
  readonly target: ServerKindName;
  /** With columns added, renamed and retyped meanwhile. */
  readonly schema: boolean;
}

const isKind = (value: string): value is ServerKindName => Object.hasOwn(serverKinds, value);

const kindOf = (option: string, value: string): ServerKindName => {
  if (isKind(value)) return value;
  throw new Error(`--${option} is one of ${Object.keys(serverKinds).join(', ')}, not "${value}"`);
};

/** From the words of the command line. Throws an error whose message says what can be chosen. */
export const demoOptions = (words: readonly string[]): DemoOptions => {
  const { values } = parseArgs({
    args: words.filter((word) => word !== '--'),
    options: {
      source: { type: 'string', default: 'postgres' },
      target: { type: 'string', default: 'postgres' },
      schema: { type: 'boolean', default: false },
    },
  });
  const [source, target] = [kindOf('source', values.source), kindOf('target', values.target)];
  if (values.schema && (source !== 'postgres' || target !== 'postgres'))
    throw new Error('--schema is for --source postgres and --target postgres');
  return { source, target, schema: values.schema };
};
