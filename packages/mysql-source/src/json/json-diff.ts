import { MalformedValue } from '../values/malformed-value.ts';
import { utf8Text } from '../values/text-value.ts';
import { BinaryJson } from './binary-json.ts';
import { type JsonNode, type PathLeg, pathLegs } from './json-tree.ts';

/** What a change does (MySQL source documentation, `enum_json_diff_operation`). */
const operation = { replace: 0, insert: 1, remove: 2 } as const;

const malformed = (): MalformedValue => new MalformedValue('the changes of its JSON are malformed');

/**
 * Applies the changes between `start` and `end`, as the log has them of a JSON document of which it does not repeat the
 * rest (MySQL source documentation, `Json_diff_vector::write_binary`).
 */
export const applyJsonDiffs = (document: JsonNode, bytes: Buffer, start: number, end: number): JsonNode => {
  let root = document;
  let at = start;
  const take = (length: number): number => {
    if (length > end - at) throw malformed();
    at += length;
    return at - length;
  };
  const packed = (): number => {
    const first = bytes[take(1)] ?? 0;
    if (first < 251) return first;
    const size = { 252: 2, 253: 3, 254: 6 }[first];
    if (size === undefined) throw malformed();
    const number = bytes.readUIntLE(take(size), size);
    if (first === 254) take(2);
    return number;
  };
  while (at < end) {
    const kind = bytes[take(1)];
    const pathLength = packed();
    const path = take(pathLength);
    const legs = pathLegs(utf8Text(bytes, path, path + pathLength));
    if (kind === operation.remove) {
      remove(root, legs);
      continue;
    }
    if (kind !== operation.replace && kind !== operation.insert) throw malformed();
    const length = packed();
    const value = take(length);
    const node = new BinaryJson(bytes, value, value + length).tree();
    if (legs.length === 0) root = node;
    else if (kind === operation.replace) replace(root, legs, node);
    else insert(root, legs, node);
  }
  return root;
};

const childOf = (node: JsonNode, leg: PathLeg | undefined): JsonNode => {
  const child =
    node.kind === 'object' && typeof leg === 'string'
      ? node.members.get(leg)
      : node.kind === 'array' && typeof leg === 'number'
        ? node.items[leg]
        : undefined;
  if (child === undefined) throw malformed();
  return child;
};

const parentOf = (root: JsonNode, legs: readonly PathLeg[]): JsonNode => legs.slice(0, -1).reduce(childOf, root);

const replace = (root: JsonNode, legs: readonly PathLeg[], value: JsonNode): void => {
  const [parent, leg] = [parentOf(root, legs), legs.at(-1)];
  childOf(parent, leg);
  if (parent.kind === 'object' && typeof leg === 'string') parent.members.set(leg, value);
  else if (parent.kind === 'array' && typeof leg === 'number') parent.items[leg] = value;
};

const insert = (root: JsonNode, legs: readonly PathLeg[], value: JsonNode): void => {
  const [parent, leg] = [parentOf(root, legs), legs.at(-1)];
  if (parent.kind === 'object' && typeof leg === 'string') parent.members.set(leg, value);
  else if (parent.kind === 'array' && typeof leg === 'number') parent.items.splice(leg, 0, value);
  else throw malformed();
};

const remove = (root: JsonNode, legs: readonly PathLeg[]): void => {
  const [parent, leg] = [parentOf(root, legs), legs.at(-1)];
  childOf(parent, leg);
  if (parent.kind === 'object' && typeof leg === 'string') parent.members.delete(leg);
  else if (parent.kind === 'array' && typeof leg === 'number') parent.items.splice(leg, 1);
};
