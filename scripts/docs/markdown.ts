/** A value or a type. */
export const code = (text: string): string => (text === '' ? 'the empty text' : `\`${text}\``);

/** A table in Markdown. Cells are Markdown; a `|` in them is escaped. */
export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string => {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
};

/** A page with the text between the two comments that name `part` replaced. Throws where they are missing. */
export const replaceGenerated = (page: string, part: string, text: string): string => {
  const begin = `<!-- generated ${part} -->`;
  const end = `<!-- end of generated ${part} -->`;
  const [before, rest] = page.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`The page has no generated part "${part}"`);
  return `${before}${begin}\n\n${text}\n\n${end}${after}`;
};
