import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { text } from 'node:stream/consumers';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { useDatabase } from '../support/database.ts';
import { openPty } from '../support/pty.ts';
import type { Screen } from '../support/screen.ts';

const database = useDatabase();
// Sets the title, clears the screen, turns the text around, and is wider than it is long.
const hostile = '\x1b]0;owned\x07\x1b[2J\u202egnorw\u202c漢字👩\u200d👧z\u0337\u0327';
// Names are cut at 63 bytes.
const name = `evil${randomBytes(3).toString('hex')}${hostile}`;
const role = `evil${randomBytes(3).toString('hex')}${hostile}`;
let url: URL;

beforeAll(async () => {
	const admin = await database.client();
	await admin.query(`create role ${pg.escapeIdentifier(role)} superuser login password 'w'`);
	await database.rows(
		`alter type ${(await enumType()).type} add value if not exists ${pg.escapeLiteral(hostile)}`,
	);
	await database.rows(
		`insert into runs (status, run_at, queued_at, lease_owner)
		select status, now(), now(), $1 from unnest(enum_range(null::${(await enumType()).type})) as status`,
		[hostile],
	);
	await database.rows('insert into workspace default values');
	await database.rows(
		`insert into agent_runtime (workspace_id, name, provider, runtime_mode, last_seen_at)
		select id, $1, $1, $1, now() from workspace`,
		[hostile],
	);
	url = new URL(database.url);
	url.username = encodeURIComponent(role);
	url.password = 'w';
});

// Header and footer: a frame may arrive in pieces.
const isShown = ({ text }: Screen) => / live /.test(text) && /quit/.test(text);

const enumType = async () =>
	(
		await database.rows<{ type: string }>(
			`select format_type(atttypid, atttypmod) as type from pg_attribute
			where attrelid = 'runs'::regclass and attname = 'status'`,
		)
	)[0] as { type: string };

afterAll(async () => {
	await database.rows(`drop role ${pg.escapeIdentifier(role)}`);
});

it('shows names from the database without letting them touch the terminal', async () => {
	await using pty = openPty(process.execPath, ['dist/tidemark.js', url.href], {
		columns: 120,
		rows: 40,
		env: { PATH: process.env.PATH, HOME: tmpdir(), LANG: 'C.UTF-8', TZ: 'UTC' },
	});
	// Every box ends where it should: no text is wider than it was taken to be.
	const { text } = await pty.waitFor((screen) => {
		const boxed = screen.lines.filter((line) => /^[│╭]/.test(line));
		return isShown(screen) && boxed.length > 20 && boxed.every((line) => /[│╮]$/.test(line));
	});
	expect(text).toContain('evil');
	expect(pty.output()).not.toMatch(/\x1b\]|\x07|\u202e|\u202c|\u200d/);
	pty.press('q');
	expect(await pty.exited()).toMatchObject({ exitCode: 0 });
});

it('keeps a hostile name of the database itself out of sight too', async () => {
	const admin = await database.client();
	await admin.query(`create database ${pg.escapeIdentifier(name)}`);
	try {
		const other = new URL(database.url);
		other.pathname = `/${encodeURIComponent(name)}`;
		await using pty = openPty(process.execPath, ['dist/tidemark.js', other.href], {
			deadlineMs: 8000,
			env: { PATH: process.env.PATH, HOME: tmpdir(), LANG: 'C.UTF-8', TZ: 'UTC' },
		});
		await pty.waitFor(isShown);
		expect(pty.output()).not.toMatch(/\x1b\]|\x07|\u202e|\u202c|\u200d/);
		pty.press('q');
		await pty.exited();
	} finally {
		await admin.query(`drop database ${pg.escapeIdentifier(name)} with (force)`);
	}
});

it("tells a migration's failure, and that of their record, without what the server put into the words", async () => {
	await database.rows(`create function refuse() returns event_trigger language plpgsql as $$
		begin
			raise exception using message = ${pg.escapeLiteral(hostile)}, hint = ${pg.escapeLiteral(hostile)};
		end $$`);
	const migrateDown = async (tag: string) => {
		await database.rows(
			`create event trigger refuse on ddl_command_start when tag in ('${tag}') execute function refuse()`,
		);
		const child = spawn(
			process.execPath,
			['dist/tidemark.js', 'migrate', 'down', '--url', database.url],
			{ env: { PATH: process.env.PATH, HOME: tmpdir() }, stdio: ['ignore', 'pipe', 'pipe'] },
		);
		const told = await Promise.all([text(child.stdout), text(child.stderr)]);
		await database.rows('drop event trigger refuse');
		return told.join('');
	};
	const failure = await migrateDown('DROP FUNCTION');
	expect(failure).toMatch(/^Migration \S+ down failed: ·\S*gnorw/m);
	// Without their record a run begins with that.
	await database.rows('alter table tidemark_migrations rename to elsewhere');
	const refusal = await migrateDown('CREATE TABLE');
	expect(refusal).toMatch(/^The migrations of this database can't be told or run: ·\S*gnorw/);
	expect(failure + refusal).not.toMatch(/[\x1b\x07\u202e\u202c\u200d]/);
	await database.rows('alter table elsewhere rename to tidemark_migrations');
	await database.rows('drop function refuse');
});
