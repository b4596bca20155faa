/**
 * Writes into README.md what the code knows better: `npm run readme`. A test runs the same and
 * fails when something would change.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { helpText } from '../source/commands/help.ts';
import { keyTable } from '../source/ui/key-table.ts';

const file = new URL('../README.md', import.meta.url);

/** The parts of README.md that are generated, by the name in their marks. */
const parts: Readonly<Record<string, () => string>> = {
	keys: keyTable,
	options: () => `\`\`\`\n${helpText()}\n\`\`\``,
};

/** The README's text with every generated part as the code has it now. */
export function generatedReadme(text: string): string {
	return Object.entries(parts).reduce((filled, [name, content]) => {
		const part = new RegExp(`(<!-- ${name} -->\\n)[^]*?(<!-- /${name} -->)`);
		if (!part.test(filled)) throw new Error(`README.md has no place for ${name}`);
		return filled.replace(part, (_, begin, end) => `${begin}\n${content()}\n\n${end}`);
	}, text);
}

if (import.meta.main) writeFileSync(file, generatedReadme(readFileSync(file, 'utf8')));
