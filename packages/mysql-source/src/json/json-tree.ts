import { MalformedValue } from '../values/malformed-value.ts';
import type { JsonWriter } from './json-writer.ts';

/** What a document is made of while it is changed. */
export type JsonNode =
  | { readonly kind: 'object'; readonly members: Map<string, JsonNode> }
  | { readonly kind: 'array'; readonly items: JsonNode[] }
  | { readonly kind: 'scalar'; write(writer: JsonWriter): void };

/** The server keeps the members of an object so: shorter names first, those of one length by their bytes. */
const inOrder = ([one]: readonly [string, JsonNode], [other]: readonly [string, JsonNode]): number => {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.length - right.length || left.compare(right);
};

export const writeTree = (node: JsonNode, writer: JsonWriter): void => {
  if (node.kind === 'scalar') {
    node.write(writer);
    return;
  }
  writer.byte(node.kind === 'object' ? 0x7b : 0x5b);
  if (node.kind === 'array') {
    for (const [place, item] of node.items.entries()) {
      if (place > 0) writer.comma();
      writeTree(item, writer);
    }
  } else {
    for (const [place, [name, member]] of [...node.members].sort(inOrder).entries()) {
      if (place > 0) writer.comma();
      const bytes = Buffer.from(name);
      writer.string(bytes, 0, bytes.length);
      writer.colon();
      writeTree(member, writer);
    }
  }
  writer.byte(node.kind === 'object' ? 0x7d : 0x5d);
};

/** A step of a path: into a member, or an item. */
export type PathLeg = string | number;

const leg = /\.("(?:[^"\\]|\\.)*"|[^."[]+)|\[(\d+)\]/y;

/** The steps of a path such as `$.a[0]."b c"`. */
export const pathLegs = (path: string): readonly PathLeg[] => {
  const legs: PathLeg[] = [];
  leg.lastIndex = 1;
  while (path.startsWith('$') && leg.lastIndex < path.length) {
    const [, name, index] = leg.exec(path) ?? [];
    if (name === undefined && index === undefined) break;
    legs.push(name === undefined ? Number(index) : name.startsWith('"') ? unquoted(name) : name);
  }
  if (leg.lastIndex !== path.length) throw new MalformedValue('a change of its JSON has a path that is none');
  return legs;
};

const unquoted = (name: string): string => {
  try {
    return String(JSON.parse(name));
  } catch {
    throw new MalformedValue('a change of its JSON has a path that is none');
  }
};
