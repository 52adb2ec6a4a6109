/** Every relative link in the documentation leads to a file, and to a heading where it names one. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { markdownPages, root } from './docs/pages.ts';

/** As GitHub makes the anchor of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(' ', '-');

const anchorsIn = (page: string): ReadonlySet<string> => {
  const text = readFileSync(page, 'utf8').replaceAll(/^```[\s\S]*?^```$/gm, '');
  return new Set([...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchorOf(heading)));
};

const problemOf = (page: string, link: string): string | null => {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? join(root, page) : join(root, dirname(page), path);
  if (!existsSync(target)) return `${page}: ${link} does not exist`;
  if (anchor === undefined) return null;
  if (statSync(target).isDirectory() || !anchorsIn(target).has(anchor))
    return `${page}: ${relative(root, target)} has no heading #${anchor}`;
  return null;
};

let count = 0;
for (const page of markdownPages()) {
  const text = readFileSync(join(root, page), 'utf8').replaceAll(/^```[\s\S]*?^```$/gm, '');
  for (const [, link = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^[a-z]+:/.test(link)) continue;
    count++;
    const problem = problemOf(page, link);
    if (problem === null) continue;
    process.stderr.write(`${problem}\n`);
    process.exitCode = 1;
  }
}
process.stdout.write(`${count} links in the documentation checked\n`);
