import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Client } from 'pg';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { actionEntries } from '../../source/commands/action-entries.ts';
import type { Flags } from '../../source/commands/command.ts';
import { runCommand, startCommand } from '../commands/run-command.ts';
import { useDatabase } from '../support/database.ts';
import { openPty, type Pty } from '../support/pty.ts';
import { until } from './stage.ts';
import { seedWorld } from './world.ts';

const cli = fileURLToPath(new URL('../../dist/tidemark.js', import.meta.url));
const database = useDatabase();
let client: Client;
let state: string;
beforeAll(async () => {
	client = await database.client();
	await seedWorld(client, { from: '70 days', to: '2 hours', tasks: 200, usage: 600 });
});
beforeEach(async () => {
	state = mkdtempSync(join(tmpdir(), 'tidemark-cli-'));
	await client.query('truncate task_usage_hourly, task_usage_hourly_dirty');
	await client.query(
		`select rollup_task_usage_hourly_window('-infinity', now() - interval '5 minutes')`,
	);
	await client.query(
		`update task_usage_hourly_rollup_state set watermark_at = now() - interval '6 minutes'`,
	);
});
afterEach(() => rmSync(state, { recursive: true, force: true }));

const run = async (name: string, flags: Flags = {}, url = database.url) => {
	const command = await actionEntries[name]?.load();
	if (!command) throw new Error(`no command ${name}`);
	const { status, out, err } = await runCommand(command, {
		url,
		flags,
		env: { XDG_STATE_HOME: state },
	});
	return { status, out, err };
};

const spoil = () =>
	client.query(`update task_usage_hourly set input_tokens = input_tokens * 2
		where ctid = any (array(select ctid from task_usage_hourly order by bucket_hour desc limit 5))`);

describe('without a terminal', () => {
	test('what changes something is refused without --yes, in a sentence', async () => {
		await spoil();
		for (const [name, flags] of [
			['tick', {}],
			['replay', { from: '7d', to: 'now' }],
			['repair', {}],
			['backfill', {}],
		] as const) {
			const { status, err } = await run(name, flags);
			expect(status, name).toBe(3);
			expect(err).toBe(
				`Nothing was done: ${name} asks before it changes anything, and there is no terminal to ask on; --yes answers for a script.\n`,
			);
		}
	});

	test('--dry-run shows the plan and touches nothing', async () => {
		await spoil();
		const before = (await client.query('select * from task_usage_hourly order by 1, 2, 3, 4, 5'))
			.rows;
		const { status, out, err } = await run('replay', { from: '7d', to: 'now', dryRun: true });
		expect({ status, err }).toEqual({ status: 0, err: '' });
		expect(out).toMatch(/buckets +0 inserted, 5 changed, 0 deleted, \d+ unchanged/);
		expect(out).toMatch(/plan +[0-9a-f]{16}\nDry run: nothing was touched\.\n$/);
		expect(
			(await client.query('select * from task_usage_hourly order by 1, 2, 3, 4, 5')).rows,
		).toEqual(before);
	});

	test('a plan that was looked at is applied by its name, and no other is', async () => {
		await spoil();
		const flags = { from: '2020-01-01', to: '2100-01-01', json: true };
		const looked = JSON.parse((await run('replay', { ...flags, dryRun: true })).out);
		const { hash } = looked.plan;
		await spoil();
		const refused = await run('replay', { ...flags, yes: true, plan: hash });
		expect(refused.status).toBe(3);
		expect(JSON.parse(refused.out)).toMatchObject({ action: 'replay', outcome: 'refused' });
		const again = JSON.parse((await run('replay', { ...flags, dryRun: true })).out);
		const done = await run('replay', { ...flags, yes: true, plan: again.plan.hash });
		expect(done.status).toBe(0);
		expect(JSON.parse(done.out)).toMatchObject({
			action: 'replay',
			pipeline: 'hourly',
			receipt: { outcome: 'done', plan: again.plan.hash, touched: 5 },
		});
	});

	test('verify: 0 while all is right, 5 when something is wrong; JSON has each bucket of the sample', async () => {
		expect(await run('verify')).toMatchObject({ status: 0, err: '' });
		await spoil();
		const { status, out } = await run('verify', { from: '3d', json: true });
		expect(status).toBe(5);
		expect(JSON.parse(out)).toMatchObject({
			action: 'verify',
			effect: {
				kinds: { drift: 5, ghost: 0 },
				samples: [{ kind: 'drift', effect: 'changed' }, {}, {}, {}, {}],
			},
		});
		const repaired = await run('repair', { from: '3d', yes: true });
		expect(repaired.status).toBe(0);
		expect(repaired.out).toContain('0 drifted, 0 ghosts');
		await spoil();
		const told = JSON.parse((await run('repair', { from: '3d', yes: true, json: true })).out);
		expect(told).toMatchObject({
			receipt: { outcome: 'done' },
			verification: { effect: { kinds: { drift: 0, ghost: 0 } } },
		});
		expect((await run('verify', { from: '3d' })).status).toBe(0);
	});

	test('a receipt that finds no room is told in JSON too, with the work done', async () => {
		mkdirSync(join(state, 'tidemark'));
		symlinkSync('/dev/full', join(state, 'tidemark', 'receipts.jsonl'));
		const { status, out, err } = await run('tick', { yes: true, json: true });
		expect(status).toBe(1);
		expect(err).toMatch(/^The work is done, but the receipt could not be written to/);
		expect(JSON.parse(out)).toMatchObject({
			receipt: { outcome: 'done' },
			receiptFault: expect.stringContaining('ENOSPC'),
		});
		expect((await run('tick', { dryRun: true })).err).toBe('');
	});

	test('--read-only refuses what writes, not what looks', async () => {
		expect(await run('tick', { readOnly: true, yes: true })).toEqual({
			status: 3,
			out: '',
			err: 'No tick here: tidemark runs read-only.\n',
		});
		expect((await run('tick', { readOnly: true, dryRun: true })).status).toBe(0);
	});

	test('a role that may not write is told which table', async () => {
		await client.query(
			`do $$ begin create role act_reader login password 'reader'; exception when duplicate_object then null; end $$`,
		);
		await client.query('grant select on all tables in schema public to act_reader');
		const url = new URL(database.url);
		url.username = 'act_reader';
		url.password = 'reader';
		const { status, err } = await run('tick', { yes: true }, url.href);
		expect(status).toBe(3);
		expect(err).toMatch(
			/^No tick here: role act_reader may not write task_usage_hourly, task_usage_hourly_dirty/,
		);
		expect((await run('verify', {}, url.href)).status).toBe(0);
		await client.query(`alter role act_reader set default_transaction_read_only = on`);
		expect((await run('tick', { yes: true }, url.href)).err).toBe(
			'No tick here: transactions of role act_reader are read-only.\n',
		);
	});

	test('what makes no sense is a wrong command line', async () => {
		for (const [name, flags, message] of [
			['replay', { to: 'now' }, '--from is missing'],
			['replay', { from: 'yesterday', to: 'now' }, '--from is a moment such as'],
			['replay', { from: '2025-02-30', to: 'now' }, '--from is a moment such as'],
			['replay', { from: '1d', to: 'now', by: 'name' }, '--by is bucket or update'],
			['backfill', { engine: 'fast' }, '--engine is function or direct'],
			['backfill', { monthsBack: '-1' }, '--months-back is a whole number'],
			['prune', { retention: 'a week' }, '--retention is a time such as'],
			['tick', { pipeline: 'weekly' }, '--pipeline is one of hourly, daily, dashboard'],
		] as const) {
			await expect(run(name, flags)).rejects.toMatchObject({
				kind: 'config',
				message: expect.stringContaining(message),
			});
		}
	});

	test('a backfill asks for force where it would abandon months', async () => {
		expect((await run('backfill', { monthsBack: '0', dryRun: true })).status).toBe(3);
		const { status, err } = await run('backfill', { monthsBack: '0', yes: true });
		expect(status).toBe(3);
		expect(err).toContain('would abandon usage from');
		expect((await run('backfill', { monthsBack: '0', forcePartial: true, yes: true })).status).toBe(
			0,
		);
		expect((await run('backfill', { resume: true, yes: true })).err).toBe(
			'There is no unfinished backfill of hourly here.\n',
		);
	});
});

describe('what ends it before anything is done is told in a sentence', () => {
	const looks = [
		['replay', { from: '7d', to: 'now' }],
		['repair', {}],
		['backfill', {}],
		['tick', {}],
		['prune', {}],
		['verify', {}],
	] as const;
	const waits = `application_name = 'tidemark-action' and wait_event_type = 'Lock' and datname = current_database()`;
	/** Starts a command that stands still while it looks. */
	async function standStill(name: string, flags: Flags, ending: AbortSignal) {
		const other = await database.client();
		// The prune asks for the queue first, the others for usage.
		await other.query(
			'begin; lock table task_usage, task_usage_hourly_dirty in access exclusive mode',
		);
		const command = await actionEntries[name]?.load();
		if (!command) throw new Error(`no command ${name}`);
		const { done } = startCommand(command, {
			url: database.url,
			flags,
			env: { XDG_STATE_HOME: state },
			ending,
		});
		await until(client, `select exists (select from pg_stat_activity where ${waits})`);
		return { done, free: () => other.query('rollback') };
	}

	test.each(looks)('%s: the server cancels what it asks', async (name, flags) => {
		const { done, free } = await standStill(
			name,
			{ ...flags, json: true },
			new AbortController().signal,
		);
		await client.query(`select pg_cancel_backend(pid) from pg_stat_activity where ${waits}`);
		const { status, out, err } = await done;
		await free();
		const message = 'It failed, and nothing was done: canceling statement due to user request.';
		expect({ status, err }).toEqual({ status: 1, err: `${message}\n` });
		expect(JSON.parse(out)).toEqual({ action: name, outcome: 'failed', message });
	});

	test.each(looks)('%s: it is told to end', async (name, flags) => {
		const ending = new AbortController();
		const { done, free } = await standStill(name, flags, ending.signal);
		ending.abort();
		expect(await done).toEqual({ status: 3, out: '', err: 'Stopped: nothing was done.\n' });
		await free();
	});

	test.each(looks)('%s: the connection is lost', async (name, flags) => {
		const { done, free } = await standStill(name, flags, new AbortController().signal);
		await client.query(`select pg_terminate_backend(pid) from pg_stat_activity where ${waits}`);
		expect(await done).toMatchObject({
			status: 4,
			err: expect.stringMatching(/^The connection was lost \(terminating connection due to/),
		});
		await free();
	});

	test.each(looks)('%s: the role may not read', async (name, flags) => {
		await client.query(
			`do $$ begin create role act_blind login password 'blind'; exception when duplicate_object then null; end $$`,
		);
		const url = new URL(database.url);
		url.username = 'act_blind';
		url.password = 'blind';
		const { status, err } = await run(
			name,
			name === 'verify' ? flags : { ...flags, dryRun: true },
			url.href,
		);
		expect(status).toBe(1);
		expect(err).toMatch(/^It failed, and nothing was done: permission denied for table \w+\.\n$/);
	});
});

describe('on a terminal', { timeout: 60_000 }, () => {
	const open = (...args: string[]): Pty =>
		openPty(process.execPath, [cli, ...args, database.url], {
			columns: 120,
			rows: 40,
			deadlineMs: 40_000,
			env: { PATH: process.env.PATH ?? '', HOME: state, XDG_STATE_HOME: state, TZ: 'UTC' },
		});
	/** Types as a person does: each key after the one before is on screen. */
	const type = async (pty: Pty, text: string) => {
		for (const [index, character] of [...text].entries()) {
			pty.press(character);
			await pty.waitFor((screen) => screen.text.endsWith(`name: ${text.slice(0, index + 1)}`));
		}
	};

	test('a tick has a button that is not the default', async () => {
		await using pty = open('tick');
		await pty.waitFor(({ text }) => text.includes('[Cancel]'));
		pty.press('\r');
		expect((await pty.exited()).exitCode).toBe(3);
		expect(pty.screen().text).toContain('Nothing was done.');
		await using again = open('tick');
		await again.waitFor(({ text }) => text.includes('[Cancel]'));
		again.press('\t');
		await again.waitFor(({ text }) => text.includes('[Run]'));
		again.press('\r');
		expect((await again.exited()).exitCode).toBe(0);
		expect(again.screen().text).toMatch(/Done in .*\n +result +\d+ rows? touched; the watermark/);
	});

	test('a replay wants the name typed; pasted, it confirms nothing', async () => {
		await spoil();
		const args = ['replay', '--from', '2020-01-01', '--to', '2100-01-01', '--name', 'prod'];
		await using pty = open(...args);
		await pty.waitFor(({ text }) => text.endsWith('?  name:'));
		pty.press('prod');
		await pty.waitFor(({ text }) => text.includes('pasted text confirms nothing'));
		await type(pty, 'p');
		pty.press('\x1b[200~rod\r\x1b[201~');
		await pty.waitFor(({ text }) => text.includes('pasted text confirms nothing'));
		const { rows } = await client.query(
			`select count(*)::int as n from pg_stat_activity where application_name = 'tidemark-action' and datname = current_database()`,
		);
		expect(rows[0].n).toBe(0);
		await type(pty, 'prod');
		pty.press('\r');
		expect((await pty.exited()).exitCode).toBe(0);
		expect(pty.screen().text).toContain('5 changed');
	});

	test('ctrl-c while it runs stops it, and says how to go on', async () => {
		await client.query(`update task_usage_hourly_rollup_state set watermark_at = 'epoch'`);
		await using pty = open('backfill', '--yes', '--sleep-between-slices', '60s', '--by-month');
		await pty.waitFor(({ text }) => text.includes('1 slice '));
		pty.press('\x03');
		expect((await pty.exited()).exitCode).toBe(4);
		const { text } = pty.screen();
		expect(text).toContain(
			'the slice in hand was rolled back, what was finished is kept, the lock is free',
		);
		expect(text).toContain('To go on: tidemark backfill --pipeline hourly --resume');
		await until(client, `select watermark_at = 'epoch' from task_usage_hourly_rollup_state`);
		// Else it would rest as long as was asked for then.
		await using resumed = open('backfill', '--resume', '--yes', '--sleep-between-slices', '0s');
		expect((await resumed.exited()).exitCode).toBe(0);
		expect(resumed.screen().text).toContain('watermark stamped to');
	});

	test('p pauses and lets go of the lock; p goes on', async () => {
		await using pty = open('backfill', '--yes', '--sleep-between-slices', '1s', '--by-month');
		await pty.waitFor(({ text }) => text.includes('1 slice '));
		pty.press('p');
		await pty.waitFor(({ text }) => text.includes('lock given back: paused'));
		const held = `select exists (select from pg_locks where locktype = 'advisory' and objid = 4246 and objsubid = 1 and database = (select oid from pg_database where datname = current_database()))`;
		await until(client, `select not (${held})`);
		pty.press('p');
		expect((await pty.exited()).exitCode).toBe(0);
		expect(pty.screen().text).toContain('lock taken again after');
	});
});
