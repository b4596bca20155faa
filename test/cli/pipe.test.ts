import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { useDatabase } from '../support/database.ts';
import { openPty } from '../support/pty.ts';

const database = useDatabase();
const environment = { PATH: process.env.PATH, HOME: tmpdir(), LANG: 'C.UTF-8', TZ: 'UTC' };

async function run(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
	const child = spawn(process.execPath, ['dist/tidemark.js', ...args], {
		env: { ...environment, ...env },
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
	const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
	return { stdout, stderr, status: await ended };
}

describe('the built program in a pipe', () => {
	it('prints one overview without escape codes', async () => {
		const { stdout, stderr, status } = await run([database.url]);
		expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
		expect(stdout).toContain('Tasks');
		expect(stdout).toContain('Leases');
		expect(stdout).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
	});

	it('keeps to ASCII in a locale that has nothing else', async () => {
		const { stdout, status } = await run([database.url], { LANG: 'C' });
		expect(status).toBe(0);
		expect(stdout).toMatch(/^[\n\x20-\x7e]+$/);
		expect(stdout.split('\n').length).toBeGreaterThan(20);
	});

	it('prints usage, in ASCII where there is nothing else, as JSON, and in a sentence what is wrong', async () => {
		const text = await run(['usage', database.url, '--by', 'hour'], { LANG: 'C' });
		expect(text).toMatchObject({ stderr: '', status: 0 });
		expect(text.stdout).toMatch(/^[\n\x20-\x7e]+$/);
		expect(text.stdout).toMatch(/^all usage {2}.*UTC, the terminal's$/m);
		const json = await run(['usage', database.url, '--json', '--days', '1']);
		expect(JSON.parse(json.stdout)).toMatchObject({
			total: { events: 0 },
			rows: [{ isFinal: false }],
		});
		const wrong = await run(['usage', database.url, '--tz', 'Mars/Olympus']);
		expect(wrong).toEqual({
			stdout: '',
			stderr: '--tz is a time zone such as Europe/Berlin or UTC; it is "Mars/Olympus"\n',
			status: 2,
		});
	});

	it('takes the database from DATABASE_URL and from PG*', async () => {
		const { hostname, port, username, password, pathname } = new URL(database.url);
		const asUrl = await run([], { DATABASE_URL: database.url });
		const asVariables = await run([], {
			PGHOST: hostname,
			PGPORT: port,
			PGUSER: decodeURIComponent(username),
			PGPASSWORD: decodeURIComponent(password),
			PGDATABASE: pathname.slice(1),
		});
		expect([asUrl.status, asVariables.status]).toEqual([0, 0]);
	});

	it('says in one sentence why there is nothing to show', async () => {
		const nowhere = new URL(database.url);
		nowhere.port = '1';
		const { stdout, stderr, status } = await run([nowhere.href]);
		expect({ stdout, status }).toEqual({ stdout: '', status: 1 });
		expect(stderr).toMatch(/^[^\n]*refused[^\n]*\n$/);
		expect(stderr).not.toContain(decodeURIComponent(nowhere.password));
	});

	it('names every fault of the command line at once', async () => {
		const { stderr, status } = await run(['--interval', 'soon', '--theme', 'plaid', database.url]);
		expect(status).toBe(2);
		expect(stderr).toBe(
			'--interval is written like 500ms, 8s or 5m; it is "soon"\n' +
				'--theme is dark, light, mono or color-blind; it is "plaid"\n',
		);
	});

	it('says what is wrong in a sampler file, by file and line, and goes on', async () => {
		const { samplerFolder } = await import('../support/sampling.ts');
		const folder = samplerFolder({
			bad: '-- columns: a integer\ndelete from task_usage',
			good: '-- columns: answer integer\nselect 42 as answer',
		});
		try {
			const { stdout, stderr, status } = await run(['--samplers', folder.path, database.url]);
			expect(status).toBe(0);
			expect(stdout).toMatch(/^7 Own\n {2}answer 42$/m);
			expect(stderr).toMatch(/own\/bad\.sql:4: a sampler is one SELECT\n$/);
		} finally {
			folder.remove();
		}
	});

	it('tells the user of an older Node in one sentence what to do', async () => {
		const older = `data:text/javascript,${encodeURIComponent(
			"Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '22.11.0' } })",
		)}`;
		const { stdout, stderr, status } = await run([database.url], {
			NODE_OPTIONS: `--import=${older}`,
		});
		expect({ stdout, status }).toEqual({ stdout: '', status: 1 });
		expect(stderr).toMatch(
			/^tidemark needs Node 22\.12 or newer [^\n]*install Node 24 LTS[^\n]*\n$/,
		);
	});

	it('prints the overview where the terminal can not place a cursor', async () => {
		await using pty = openPty(process.execPath, ['dist/tidemark.js', database.url], {
			env: { ...environment, TERM: 'dumb' },
		});
		expect(await pty.exited()).toMatchObject({ exitCode: 0 });
		expect(pty.output()).toContain('Tasks');
		expect(pty.output()).toMatch(/^[\r\n\x20-\x7e]+$/);
	});
});
