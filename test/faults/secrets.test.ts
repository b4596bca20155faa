import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../metrics/scrape.ts';
import { useDatabase } from '../support/database.ts';
import { startProxy } from '../support/proxy.ts';
import { environment, isLive, isLost, keyLatencyMs, openConsole } from './open-console.ts';

const database = useDatabase();
const role = `secretive_${randomBytes(4).toString('hex')}`;
// Characters that are written otherwise in a URL, a file and a shell; each form is looked for.
const password = `p:w@/${randomBytes(9).toString('hex')}'\\ %`;
const core = password.slice(5, 23);
const folder = mkdtempSync(join(tmpdir(), 'tidemark-secrets-'));
let url: URL;

beforeAll(async () => {
	const literal = password.replaceAll("'", "''");
	await database.rows(`create role ${role} superuser login password '${literal}'`);
	url = new URL(database.url);
	url.username = role;
	url.password = encodeURIComponent(password);
	// Else nothing would ever be found.
	expect(url.href).toContain(core);
});
afterAll(async () => {
	await database.rows(`drop role ${role}`);
	rmSync(folder, { recursive: true });
});

/** The part of the password that every way of writing it has in common. */
const expectNoSecret = (...outputs: readonly string[]) => {
	for (const output of outputs) expect(output).not.toContain(core);
};

/** A home of the program's own, with the password where psql would look; nothing of it in argv. */
function home(): Record<string, string> {
	const { hostname, port } = url;
	const escaped = password.replace(/[\\:]/g, '\\$&');
	const line = [hostname, port, '*', role, escaped].join(':');
	writeFileSync(join(folder, '.pgpass'), `${line}\n`, { mode: 0o600 });
	const own = { HOME: folder, XDG_STATE_HOME: folder, XDG_CONFIG_HOME: folder };
	return { ...environment, ...own } as Record<string, string>;
}

const nameless = () => {
	const without = new URL(url);
	without.password = '';
	return without.href;
};

const argvOf = async (pid: number) =>
	(await promisify(execFile)('ps', ['-o', 'command=', '-p', String(pid)])).stdout;

/** Everything below a folder, but the file that holds the password by right. */
const written = (from: string): string[] =>
	readdirSync(from, { recursive: true, encoding: 'utf8' })
		.map((name) => join(from, name))
		.filter((path) => statSync(path).isFile() && !path.endsWith('.pgpass'))
		.map((path) => readFileSync(path, 'latin1'));

async function run(args: readonly string[], more: Readonly<Record<string, string>> = {}) {
	const child = spawn(process.execPath, ['dist/tidemark.js', ...args], {
		env: { ...home(), ...more },
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	return Promise.all([text(child.stdout), text(child.stderr)]);
}

describe('the password shows nowhere', () => {
	it('on screen, lost and found again, in the help and the log, or in argv', async () => {
		const proxy = await startProxy(nameless());
		const [host = '', port = ''] = new URL(proxy.url).host.split(':');
		const escaped = password.replace(/[\\:]/g, '\\$&');
		const env = home();
		writeFileSync(join(folder, '.pgpass'), `${[host, port, '*', role, escaped].join(':')}\n`, {
			mode: 0o600,
		});
		try {
			await using pty = openConsole(proxy.url, { env, flags: ['--interval', '250ms'] });
			await pty.waitFor(isLive);
			expectNoSecret(await argvOf(pty.pid));
			proxy.refuse(true);
			proxy.reset();
			await pty.waitFor(isLost(/./));
			proxy.refuse(false);
			await pty.waitFor(isLive);
			pty.press('L');
			await pty.waitFor((screen) => screen.text.includes('Event log'));
			pty.press('L');
			await keyLatencyMs(pty);
			pty.press('q');
			await pty.exited();
			expectNoSecret(pty.output(), ...written(folder));
		} finally {
			await proxy.close();
		}
	});

	it('in what the commands print, given in the URL or in a file, let in or refused', async () => {
		const wrong = new URL(url);
		wrong.username = `${role}_not`;
		const nowhere = new URL(url);
		nowhere.port = '1';
		const unparsable = `${url.href}?sslmode=perhaps&port=x`;
		for (const target of [nameless(), url.href, wrong.href, nowhere.href, unparsable]) {
			for (const command of [['once', '--json'], ['once'], ['check'], ['diagnose']]) {
				expectNoSecret(...(await run([...command, target])));
			}
		}
		expectNoSecret(...written(folder));
	});

	it('in what is said of the settings, whichever file it comes from', async () => {
		home();
		const { hostname, port } = url;
		const configured = (file: object) => {
			mkdirSync(join(folder, 'tidemark'), { recursive: true });
			writeFileSync(join(folder, 'tidemark', 'config.jsonc'), JSON.stringify(file));
		};
		const service = `[mine]\nhost=${hostname}\nport=${port}\nuser=${role}\npassword=${password}\n`;
		writeFileSync(join(folder, '.pg_service.conf.pgpass'), service, { mode: 0o600 });
		const env = { PGSERVICEFILE: join(folder, '.pg_service.conf.pgpass') };
		try {
			configured({ targets: { file: { url: nameless() }, service: { service: 'mine' } } });
			for (const args of [['@file'], ['@service', '--json'], [url.href]]) {
				const output = await run(['config', ...args], env);
				// That there is one is said, and from where.
				expect(output.join()).toMatch(/connection\.password/);
				expectNoSecret(...output);
			}
			configured({ targets: { file: { url: url.href } } });
			for (const command of ['config', 'check', 'once']) {
				const output = await run([command]);
				expect(output.join()).toMatch(/url is refused/);
				expectNoSecret(...output);
			}
		} finally {
			rmSync(join(folder, 'tidemark'), { recursive: true });
		}
	});

	it('in the log and the pages of serve', async () => {
		const child = spawn(
			process.execPath,
			['dist/tidemark.js', 'serve', '--log-format', 'json', '--metrics', '0', url.href],
			{ env: home(), stdio: ['ignore', 'pipe', 'pipe'] },
		);
		let err = '';
		const port = await new Promise<number>((resolve) => {
			child.stderr.on('data', (chunk) => {
				err += chunk;
				const match = /:(\d+)\/metrics/.exec(err);
				if (match) resolve(Number(match[1]));
			});
		});
		for (const path of ['/metrics', '/readyz', '/healthz', '/', '/nothing']) {
			expectNoSecret((await ask(port, path)).body);
		}
		const ended = new Promise((resolve) => child.once('close', resolve));
		child.kill('SIGTERM');
		await ended;
		expectNoSecret(err, ...written(folder));
	});

	it('in the server: not in what it knows of our sessions', async () => {
		await using pty = openConsole(nameless(), { env: home() });
		await pty.waitFor(isLive);
		const rows = await database.rows(
			'select to_jsonb(a)::text as row from pg_stat_activity a where usename = $1',
			[role],
		);
		expect(rows.length).toBeGreaterThan(0);
		expectNoSecret(...rows.map(({ row }) => row));
	});
});
