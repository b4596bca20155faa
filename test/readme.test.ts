import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { generatedReadme } from '../docs/readme.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

it('shows the keys and options that the program has (else: npm run readme)', () => {
	expect(readme).toBe(generatedReadme(readme));
});

it('begins with the two commands, each in a block of its own', () => {
	const blocks = [...readme.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, text]) => text?.trim());
	expect(blocks.slice(0, 2)).toEqual(['npm ci && npm run demo', 'npm ci && npm test']);
});
