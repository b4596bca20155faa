import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { flags, flagText } from '../../source/commands/flags.ts';
import { type Setting, settings } from '../../source/config/settings.ts';
import { useDatabase } from '../support/database.ts';

const database = useDatabase();
const run = promisify(execFile);
const root = new URL('../../', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'tidemark-deploy-'));
const read = (name: string) => readFileSync(join(root, 'docs/deploy', name), 'utf8');
afterAll(() => rmSync(folder, { recursive: true }));

/** What the last stage of the Dockerfile takes from the first, by its place in the image. */
function imageFiles(): [from: string, to: string][] {
	const copies = [...read('Dockerfile').matchAll(/^COPY --from=build (.+) (\S+)$/gm)];
	return copies.flatMap(([, sources = '', to = '']) =>
		sources.split(' ').map((from): [string, string] => {
			const path = from.replace(/^\/app\//, '');
			return [path, to === './' ? path : to];
		}),
	);
}

test('the files that the Dockerfile lets in are enough to build, and those it keeps to run', async () => {
	const build = join(folder, 'build');
	for (const [, name = ''] of read('Dockerfile.dockerignore').matchAll(/^!(\S+)$/gm)) {
		cpSync(join(root, name), join(build, name), { recursive: true });
	}
	symlinkSync(join(root, 'node_modules'), join(build, 'node_modules'));
	await run(process.execPath, ['source/build.js'], { cwd: build });
	const image = join(folder, 'image');
	for (const [from, to] of imageFiles())
		cpSync(join(build, from), join(image, to), { recursive: true });
	expect(existsSync(join(image, 'node_modules'))).toBe(false);
	const { stdout } = await run(
		process.execPath,
		[join(image, 'dist/tidemark.js'), 'check', '--self'],
		// It is tried that it runs, not how fast this machine is today.
		{ env: { DATABASE_URL: database.url, HOME: folder, TIDEMARK_STATEMENT_TIMEOUT: '20s' } },
	);
	expect(stdout).toMatch(/^OK /m);
});

test('the unit and the image set only variables and flags that there are', () => {
	const variables = new Set([
		'TIDEMARK_METRICS',
		'TIDEMARK_METRICS_TOKEN_FILE',
		...Object.values<Setting>(settings).map(({ env }) => env),
	]);
	for (const text of [read('Dockerfile'), read('tidemark.service')]) {
		for (const [name] of text.matchAll(/\bTIDEMARK_\w+/g)) expect(variables).toContain(name);
		const [command = ''] = /^(?:ExecStart|CMD \["serve).*$/m.exec(text) ?? [];
		expect(command).toContain('serve');
		for (const [flag] of command.matchAll(/--[a-z-]+/g)) {
			expect(Object.keys(flags).map(flagText)).toContain(flag);
		}
	}
});
