/**
 * A type of a column as it is told apart from others: without character set, comments, digits of a second where there are
 * none, and the width of integers, but for that of `tinyint(1)`.
 */
export const bareType = (type: string): string =>
  type
    .replace(/ character set \w+(?: collate \w+)?$/, '')
    .replace(/ *\/\*.*\*\/ *$/, '')
    .replace(/^(time|datetime|timestamp)\(0\)/, '$1')
    .replace(/^(?!tinyint\(1\))((?:tiny|small|medium|big)?int|year)\(\d+\)/, '$1');

export interface TypeParts {
  /** `varchar` of `varchar(20)`. */
  readonly name: string;
  /** Its length or precision. */
  readonly first: number | null;
  /** Its scale. */
  readonly second: number | null;
}

export const partsOf = (type: string): TypeParts => {
  const [, name = type, first, second] = /^([a-z\d]+)(?:\((\d+)(?:,(\d+))?\))?/.exec(type) ?? [];
  const number = (text: string | undefined) => (text === undefined ? null : Number(text));
  return { name, first: number(first), second: number(second) };
};
