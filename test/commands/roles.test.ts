import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readReceipts } from '../../source/actions/receipts.ts';
import { actionEntries } from '../../source/commands/action-entries.ts';
import { check } from '../../source/commands/check.ts';
import { once } from '../../source/commands/once.ts';
import { roles } from '../../source/commands/roles.ts';
import { seedWorld } from '../actions/world.ts';
import { environment, isLive, openConsole } from '../faults/open-console.ts';
import { differenceSql, pipelines } from '../rollup/pipelines.ts';
import { useDatabase } from '../support/database.ts';
import type { Pty } from '../support/pty.ts';
import type { Screen } from '../support/screen.ts';
import { runCommand } from './run-command.ts';

const database = useDatabase();
// Roles belong to the whole server, and other tests make those with the real names.
const suffix = randomBytes(4).toString('hex');
const [watchRole, actRole] = [`tidemark_watch_${suffix}`, `tidemark_act_${suffix}`];
const password = randomBytes(12).toString('hex');
const state = mkdtempSync(join(tmpdir(), 'tidemark-roles-'));
let client: Client;
let watchUrl: string;
let actUrl: string;

/** For a server that has much else to do. */
const patient = { timeout: 15_000 };

const urlOf = (role: string): string => {
	const address = new URL(database.url);
	address.username = role;
	address.password = password;
	return address.href;
};

/** Resolves when the console's clock has gone on. */
async function nextSecond(pty: Pty): Promise<void> {
	const clock = ({ lines }: Screen) => /\d\d:\d\d:\d\d/.exec(lines[0] ?? '')?.[0];
	const now = clock(pty.screen());
	await pty.waitFor((screen) => clock(screen) !== now);
}

/** Both roles, as the command makes them: by an owner of the tables who may create roles, and is no superuser. */
beforeAll(async () => {
	client = await database.client();
	await seedWorld(client, { from: '3 days', to: '1 hour', tasks: 40, usage: 80 });
	const { out } = await runCommand(roles, { flags: { actions: true } });
	const sql = out.replaceAll(/tidemark_(watch|act)\b/g, `tidemark_$1_${suffix}`);
	const owner = `tidemark_owner_${suffix}`;
	await client.query(`create role ${owner} login createrole password '${password}'`);
	await client.query(`grant create, usage on schema public to ${owner};
		grant connect on database ${database.name} to ${owner} with grant option`);
	await client.query(`do $$ declare each record; begin
		for each in select format('alter %s %s owner to ${owner}', case relkind when 'v' then 'view' else 'table' end, oid::regclass) as sql
			from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'v') loop execute each.sql; end loop;
		for each in select format('alter sequence %s owner to ${owner}', oid::regclass) as sql from pg_class
			where relnamespace = 'public'::regnamespace and relname like '%\\_failed\\_%' and relkind = 'S' loop execute each.sql; end loop;
		for each in select format('alter routine %s owner to ${owner}', oid::regprocedure) as sql from pg_proc
			where pronamespace = 'public'::regnamespace loop execute each.sql; end loop;
		end $$`);
	const maker = await database.client({ user: owner, password });
	// As where nobody may call what is not granted; with one function that begins like ours and is not.
	await maker.query(`create function task_usage_of_the_product() returns int language sql as 'select 1';
		revoke execute on all routines in schema public from public`);
	await maker.query(sql);
	await maker.query(sql);
	for (const role of [watchRole, actRole])
		await maker.query(`alter role ${role} password '${password}'`);
	await maker.end();
	[watchUrl, actUrl] = [urlOf(watchRole), urlOf(actRole)];
});
afterAll(async () => {
	rmSync(state, { recursive: true, force: true });
	const owner = `tidemark_owner_${suffix}`;
	// What the owner granted goes with what it owned.
	await client.query(`reassign owned by ${owner} to current_user;
		drop owned by ${actRole}, ${watchRole}, ${owner}; drop role ${actRole}, ${watchRole}, ${owner}`);
});

describe.each([
	['watch', () => watchUrl],
	['act', () => actUrl],
] as const)('the role to %s', (name, url) => {
	test('everything is sampled under the role, without a superuser’s rights', async () => {
		const { status, out } = await runCommand(check, { url: url(), flags: { self: true } });
		expect(out).not.toMatch(/WARNING|CRITICAL/);
		expect(status).toBe(0);
		const { out: json } = await runCommand(once, { url: url(), flags: { json: true } });
		const { samplers, connection } = JSON.parse(json);
		expect(connection.user).toBe(`tidemark_${name}_${suffix}`);
		const states = new Set(
			samplers
				.filter(
					({ reason }: { reason: string | null }) => !reason?.startsWith('not in this database'),
				)
				.map(({ state }: { state: string }) => state),
		);
		expect([...states].toSorted()).toEqual(['empty', 'ok']);
	});

	test('what pg_read_all_stats would add is unknown, and not zero', async () => {
		const holder = await database.client();
		await holder.query('select pg_advisory_lock(4246)');
		const { out } = await runCommand(once, {
			url: url(),
			flags: { openmetrics: true, pack: 'rollup' },
		});
		expect(out).not.toMatch(/^tidemark_rollup_lock_held_seconds\{pipeline="hourly"\}/m);
		await holder.end();
		await expect
			.poll(async () => {
				const { out: free } = await runCommand(once, {
					url: url(),
					flags: { openmetrics: true, pack: 'rollup' },
				});
				return /^tidemark_rollup_lock_held_seconds\{pipeline="hourly"\} (\S+)$/m.exec(free)?.[1];
			}, patient)
			.toBe('0');
	});

	test('the whole console runs, and its desk says what this role may do', {
		timeout: 60_000,
	}, async () => {
		await using pty = openConsole(url(), { env: { ...environment, XDG_STATE_HOME: state } });
		const { text } = await pty.waitFor(isLive);
		expect(text).toContain(`tidemark_${name}_${suffix}`);
		expect(text).not.toContain('no privilege');
		pty.press('a');
		const desk = await pty.waitFor((screen) => /hourly +tick /.test(screen.text));
		if (name === 'watch') {
			expect(desk.text).toContain(`transactions of role ${watchRole} are read-only`);
			return;
		}
		expect(desk.text).not.toContain('may not');
		pty.press('\r');
		await pty.waitFor((screen) => /Cancel +Run/.test(screen.text));
		// Keys answer nothing at first, and several at once count as pasted: one after each second.
		await nextSecond(pty);
		await nextSecond(pty);
		pty.press('\t');
		await nextSecond(pty);
		pty.press('\r');
		await pty.waitFor((screen) => /rows? touched/.test(screen.text));
		expect(readReceipts(join(state, 'tidemark'))).toMatchObject([
			{ action: 'tick', pipeline: 'hourly', outcome: 'done', who: { role: actRole } },
		]);
	});
});

const run = async (action: string, url: string, flags = {}) => {
	const command = await actionEntries[action]?.load();
	if (!command) throw new Error(`no command ${action}`);
	return runCommand(command, {
		url,
		flags: { yes: true, ...flags },
		env: { XDG_STATE_HOME: state },
	});
};

test('every action on every pipeline is done under the role for actions', {
	timeout: 90_000,
}, async () => {
	const now = new Date().toISOString();
	for (const { name: pipeline } of pipelines) {
		for (const [action, flags] of [
			['backfill', {}],
			['tick', {}],
			['replay', { from: '2d', to: now }],
			['repair', {}],
			['prune', { lose: '0' }],
			['verify', {}],
		] as const) {
			const { status, err } = await run(action, actUrl, { pipeline, ...flags });
			expect({ pipeline, action, status, err }).toMatchObject({ status: 0 });
		}
	}
	// Only tidemark's own procedure commits, and cleans the log.
	const act = await database.client({ user: actRole, password });
	for (const each of pipelines) {
		await act.query(`call ${each.tick}_tick()`);
		expect((await client.query(differenceSql(each))).rows).toEqual([]);
	}
	await expect(act.query('delete from task_usage')).rejects.toMatchObject({ code: '42501' });
	await expect(act.query('update agent_task_queue set status = status')).rejects.toMatchObject({
		code: '42501',
	});
	await act.end();
});

test('the role for actions may call each routine of the pipelines, and none of the product', async () => {
	const { rows } = await client.query<{ name: string }>(
		`select proname as name from pg_proc
		where pronamespace = 'public'::regnamespace and prorettype <> 'trigger'::regtype
		and proname ~ 'task_usage|^tidemark_' and not has_function_privilege($1, oid, 'execute')`,
		[actRole],
	);
	expect(rows).toEqual([{ name: 'task_usage_of_the_product' }]);
});

test('no action is done under the role that watches', async () => {
	for (const action of ['backfill', 'tick', 'repair']) {
		const { status, err } = await run(action, watchUrl, { pipeline: 'hourly' });
		expect({ action, status, err }).toEqual({
			action,
			status: 3,
			err: `No ${action} here: transactions of role ${watchRole} are read-only.\n`,
		});
	}
});
