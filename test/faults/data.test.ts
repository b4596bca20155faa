import { tmpdir } from 'node:os';
import { afterEach, expect, it } from 'vitest';
import { once } from '../../source/commands/once.ts';
import { startCommand } from '../commands/run-command.ts';
import { exporterFor, scrape } from '../metrics/scrape.ts';
import { useDatabase } from '../support/database.ts';
import { samplerFolder } from '../support/sampling.ts';
import { environment, isLive, openConsole } from './open-console.ts';

const database = useDatabase();
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
	for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Shows the console, `once --json` and /metrics on the database as it is now; all must come whole. */
async function everywhere(samplers: Readonly<Record<string, string>> = {}) {
	const folder = samplerFolder(samplers);
	cleanups.push(() => folder.remove());
	await using pty = openConsole(database.url, { flags: ['--samplers', folder.path] });
	await pty.waitFor(isLive);
	for (const panel of ['1', '2', '3', '4', '5', '6']) {
		pty.press(panel);
		pty.press('z');
		await pty.waitFor(({ text }) => /quit/.test(text));
		pty.press('\x1b');
		pty.press('\x1b');
	}
	const { text } = await pty.waitFor(isLive);
	pty.press('q');
	expect(await pty.exited()).toMatchObject({ exitCode: 0 });
	const { out, err } = await startCommand(once, {
		url: database.url,
		flags: { json: true, samplers: [folder.path] },
	}).done;
	expect(err).toBe('');
	const exporter = exporterFor(database.url, { samplers: [folder.path] });
	cleanups.push(() => exporter.stop());
	const exposed = await scrape(exporter.exporter);
	return { text, document: JSON.parse(out), exposed };
}

it('timestamps at infinity, before the epoch and far ahead', async () => {
	await database.rows(`insert into runs (status, run_at, queued_at, lease_expires_at)
		values ('QUEUED', '-infinity', '-infinity', null), ('QUEUED', 'infinity', 'infinity', null),
		('RUNNING', '1066-10-14', '4713-01-01 BC', '-infinity'), ('RUNNING', now(), '1900-01-01', 'infinity'),
		('QUEUED', '9999-12-31', '294276-12-31', null)`);
	await database.rows(
		`update task_usage_hourly_rollup_state set watermark_at = 'infinity', last_run_finished_at = '-infinity'`,
	);
	await database.rows(
		`update task_usage_dashboard_rollup_state set watermark_at = '-infinity', last_run_finished_at = 'infinity'`,
	);
	await database.rows(
		`update task_usage_rollup_state set watermark_at = '4000-01-01', last_run_finished_at = '1900-01-01'`,
	);
	await database.rows(`with w as (insert into workspace default values returning id)
		insert into agent_runtime (workspace_id, name, provider, runtime_mode, last_seen_at)
		select id, 'r', 'claude', 'local', unnest(array['infinity', '-infinity', '1900-01-01', '4000-01-01']::timestamptz[]) from w`);
	const { text, exposed } = await everywhere();
	expect(text).not.toMatch(/NaN|undefined|Infinity|Invalid/);
	expect([...exposed.series.values()].some(Number.isNaN)).toBe(false);
});

it('counts past 2^53, and everything else a number can be', async () => {
	const { text, exposed } = await everywhere({
		huge: `-- columns: value integer
-- metric: own_huge
-- type: gauge
-- value: value
-- help: A count past what a double can hold.
select 9223372036854775807 as value`,
		odd: `-- columns: kind text, value number
-- metric: own_odd
-- type: gauge
-- labels: kind
-- value: value
-- help: Numbers that are none.
select * from (values ('nan', 'NaN'::float8), ('inf', 'Infinity'), ('ninf', '-Infinity'), ('none', null)) as odd (kind, value)`,
	});
	expect(exposed.of('own_huge')).toEqual({ '': 2 ** 63 });
	expect(text).not.toMatch(/undefined/);
});

it('texts of a megabyte', async () => {
	await database.rows(`update runs set blueprint = repeat('汉\u001b[2J', 200000)`);
	await database.rows(
		`update task_usage_hourly_rollup_state set last_error = repeat('x'||chr(27), 500000)`,
	);
	const { text, document, exposed } = await everywhere({
		long: `-- columns: value text\nselect repeat('a' || chr(27) || chr(8238), 400000) as value`,
	});
	expect(text).not.toMatch(/\u202e/);
	expect(JSON.stringify(document).length).toBeLessThan(200_000);
	expect(Math.max(...[...exposed.series.keys()].map((key) => key.length))).toBeLessThan(2000);
});

it('a role whose settings change how values are written', async () => {
	const settings = {
		datestyle: 'German, DMY',
		intervalstyle: 'sql_standard',
		extra_float_digits: '-15',
		timezone: 'Asia/Kathmandu',
		bytea_output: 'escape',
		lc_numeric: 'C',
		default_transaction_isolation: 'serializable',
	};
	for (const [name, value] of Object.entries(settings)) {
		await database.rows(`alter database ${database.name} set ${name} = '${value}'`);
	}
	cleanups.push(() => database.rows(`alter database ${database.name} reset all`));
	const { document } = await everywhere({
		when: `-- columns: at timestamp, ratio number\nselect '2026-03-04 05:06:07.089+00'::timestamptz as at, 1.0::float8 / 3 as ratio`,
	});
	expect(JSON.stringify(document)).toContain('0.333333333333333');
	expect(JSON.stringify(document)).toContain('2026-03-04T05:06:07.089Z');
	expect(Math.abs(Date.parse(document.takenAt) - Date.now())).toBeLessThan(60_000);
});

it('a time zone of ours that does not exist', async () => {
	await using pty = openConsole(database.url, {
		env: { ...environment, HOME: tmpdir(), TZ: 'Nowhere/Atall' },
	});
	expect((await pty.waitFor(isLive)).text).not.toMatch(/NaN|Invalid/);
});
