import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = 'test/snippets';

/** `snippet.<file without .ts>` → the file as a code block. All of them: one that the README does not show is refused. */
export function snippetSections(root: string): Record<string, string> {
  const names = readdirSync(join(root, FOLDER)).filter((name) => name.endsWith('.ts'));
  return Object.fromEntries(
    names.map((name) => {
      const code = readFileSync(join(root, FOLDER, name), 'utf8').trim();
      return [`snippet.${name.replace(/\.ts$/, '')}`, `\`\`\`ts\n${code}\n\`\`\``];
    }),
  );
}
