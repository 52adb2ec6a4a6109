/** Type-checks every `ts` block of the README files and of docs/, each as a module of its own, as the tests are. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { markdownPages, root } from './docs/pages.ts';

/** The packages are resolved from here. */
const home = join(root, 'test');

interface Block {
  readonly page: string;
  /** Of its first line, in the page. */
  readonly line: number;
  readonly text: string;
}

const blocksOf = (page: string): readonly Block[] => {
  const text = readFileSync(join(root, page), 'utf8');
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(({ index, 1: block = '' }) => ({
    page,
    line: text.slice(0, index).split('\n').length + 1,
    text: `${block}export {};\n`,
  }));
};

const blocks = new Map(
  markdownPages()
    .flatMap(blocksOf)
    .map((block, number) => [join(home, `documentation-example-${number}.ts`), block]),
);

const settings = ts.getParsedCommandLineOfConfigFile(join(root, 'tsconfig.json'), undefined, {
  ...ts.sys,
  onUnRecoverableConfigFileDiagnostic: (diagnostic) => {
    throw new Error(ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n'));
  },
});
const options = settings?.options ?? {};
const host = ts.createCompilerHost(options);
const { fileExists, readFile, getSourceFile } = host;
host.fileExists = (file) => blocks.has(file) || fileExists(file);
host.readFile = (file) => blocks.get(file)?.text ?? readFile(file);
host.getSourceFile = (file, languageOptions, ...rest) => {
  const block = blocks.get(file);
  return block === undefined
    ? getSourceFile(file, languageOptions, ...rest)
    : ts.createSourceFile(file, block.text, languageOptions);
};

const program = ts.createProgram([...blocks.keys()], options, host);
let problems = 0;
for (const [file, { page, line }] of blocks) {
  const source = program.getSourceFile(file);
  const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
  for (const { start = 0, messageText } of found) {
    const at = line + (source?.getLineAndCharacterOfPosition(start).line ?? 0);
    process.stderr.write(`${page}:${at} ${ts.flattenDiagnosticMessageText(messageText, '\n')}\n`);
    problems++;
  }
}
process.stdout.write(`${blocks.size} examples in the documentation type-checked, ${problems} problems\n`);
if (problems > 0 || blocks.size === 0) process.exitCode = 1;
