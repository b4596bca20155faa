import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { flags, flagText } from '../source/commands/flags.ts';
import { commands } from '../source/commands/registry.ts';
import { loadConfigFile } from '../source/config/file.ts';
import { settings } from '../source/config/settings.ts';

const folder = new URL('../docs/', import.meta.url);
const read = (name: string) => readFileSync(new URL(name, folder), 'utf8');
const pages = readdirSync(folder).filter((name) => name.endsWith('.md'));
const blocks = (text: string, language: string) =>
	[...text.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'gm'))].map(
		([, each]) => each ?? '',
	);

const faultsOf = (text: string) =>
	loadConfigFile(
		'/home/me/.config/tidemark/config.jsonc',
		() => ({ text, mode: 0o600, isRegular: true }),
		'/home/me',
	)?.faults;

describe.each(pages)('docs/%s', (name) => {
	const text = read(name);

	test('has only commands and flags that there are', () => {
		const known = new Set(Object.keys(flags).map(flagText));
		const lines = [...blocks(text, '(?:sh)?').flatMap((block) => block.split('\n'))];
		const inline = [...text.matchAll(/`([^`\n]+)`/g)].map(([, each]) => each ?? '');
		for (const line of [...lines, ...inline]) {
			const [, first = '', rest = ''] =
				/^(?:\$ )?(?:[A-Z_]+=\S+ )*tidemark ([^\s|`]+)(.*)$/.exec(line) ?? [];
			if (/^[a-z]+$/.test(first)) expect(Object.keys(commands), line).toContain(first);
			for (const [flag] of `${first}${rest.split(/[|>#]/)[0]}`.matchAll(/--[a-z-]+/g)) {
				expect(known, line).toContain(flag);
			}
		}
	});

	test('has only settings that a configuration file may have', () => {
		for (const block of blocks(text, 'jsonc')) expect(faultsOf(block), block).toEqual([]);
	});

	test('links to files that there are', () => {
		for (const [, to = ''] of text.matchAll(/\]\((?!https?:)([^)#]+)\)/g)) {
			expect(() => readdirOrFile(new URL(to, folder)), to).not.toThrow();
		}
	});
});

const readdirOrFile = (url: URL): unknown => {
	try {
		return readFileSync(url);
	} catch {
		return readdirSync(url);
	}
};

test('docs/connect.md has every setting with its flag and its variable', () => {
	const text = read('connect.md');
	for (const setting of Object.values<{ file: string; flag?: string; env?: string }>(settings)) {
		expect(text).toContain(`\`${setting.file}\``);
		if (setting.flag) expect(text).toContain(`\`${flagText(setting.flag)}\``);
		if (setting.env && !setting.env.startsWith('TIDEMARK_METRICS')) {
			expect(text).toContain(`\`${setting.env}\``);
		}
	}
});

test('docs/connect.md tells faults in the words of the program', () => {
	const wrong = '{\n"interval": "soon",\n"targets": { "eu": {\n"url": "postgres://a:b@h/d" }}}';
	for (const fault of faultsOf(wrong) ?? []) expect(read('connect.md')).toContain(`\n${fault}\n`);
	expect(faultsOf(wrong)).toHaveLength(2);
});
