import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { check } from '../../source/commands/check.ts';
import { once } from '../../source/commands/once.ts';
import { roles } from '../../source/commands/roles.ts';
import { useDatabase } from '../support/database.ts';
import { runCommand } from './run-command.ts';

const database = useDatabase();
// Roles belong to the whole server, and other tests make the one with the real name.
const role = `tidemark_watch_${randomBytes(4).toString('hex')}`;
const password = randomBytes(12).toString('hex');
let url: string;

beforeAll(async () => {
	const { out } = await runCommand(roles);
	await database.rows(out.replaceAll('tidemark_watch', role));
	await database.rows(`alter role ${role} password '${password}'`);
	const address = new URL(database.url);
	address.username = role;
	address.password = password;
	url = address.href;
});
afterAll(() => database.rows(`drop owned by ${role}; drop role ${role}`));

test('everything is sampled under the role, without a superuser’s rights', async () => {
	const { status, out } = await runCommand(check, { url, flags: { self: true } });
	expect(out).not.toMatch(/WARNING|CRITICAL/);
	expect(status).toBe(0);
	const { out: json } = await runCommand(once, { url, flags: { json: true } });
	const { samplers, connection } = JSON.parse(json);
	expect(connection.user).toBe(role);
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
	const { out } = await runCommand(once, { url, flags: { openmetrics: true, pack: 'rollup' } });
	expect(out).not.toMatch(/^tidemark_rollup_lock_held_seconds\{pipeline="hourly"\}/m);
	await holder.end();
	await expect
		.poll(async () => {
			const { out: free } = await runCommand(once, {
				url,
				flags: { openmetrics: true, pack: 'rollup' },
			});
			return /^tidemark_rollup_lock_held_seconds\{pipeline="hourly"\} (\S+)$/m.exec(free)?.[1];
		})
		.toBe('0');
});
