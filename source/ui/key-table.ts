import { bindings } from './keymap.ts';

const code = (keys: string): string =>
	keys
		.split(', ')
		.map((key) => `\`${key}\``)
		.join(', ');

/** The key table as Markdown, for the README: one row a binding, in the order of the help. */
export function keyTable(): string {
	const rows = bindings.map(({ shown, description }) => `| ${code(shown)} | ${description} |`);
	return ['| key | what it does |', '|---|---|', ...rows].join('\n');
}
