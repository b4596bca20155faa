import { beforeAll, describe, expect, test } from 'vitest';
import type { Row } from '../../source/postgres/decode.ts';
import { decodeRows, wireTypes } from '../../source/postgres/decode.ts';
import { boundValues } from '../../source/sampling/question.ts';
import { allLists } from '../../source/ui/views/list/all-lists.ts';
import { useDatabase } from '../support/database.ts';
import { lists } from './catalog.ts';
import { queueRows } from './queue-rows.ts';

// Page by page a list has every row once, a hundred at a time.

const database = useDatabase();
/** More than two pages, many of them of one moment. */
const count = 230;
let runtime = '';

beforeAll(async () => {
	const { task, runtime: newRuntime } = queueRows(database);
	runtime = await newRuntime('1 hour');
	const first = await task({ status: 'running', started: '50 minutes', runtime });
	const moment = `now() - interval '1 hour' - interval '1 minute' * (n / 40)`;
	await database.rows(`insert into agent_task_queue
		(agent_id, runtime_id, status, created_at, dispatched_at, started_at, completed_at)
		select agent_id, runtime_id, kind, at, at, case when kind <> 'dispatched' then at end, case when kind = 'failed' then at end
		from agent_task_queue, unnest(array['queued', 'running', 'dispatched', 'failed']) as kind,
			generate_series(1, ${count}) as n, lateral (select ${moment} as at) as t where id = '${first}'`);
	await database.rows(`insert into agent_runtime (workspace_id, name, runtime_mode, provider, last_seen_at)
		select workspace_id, name, runtime_mode, provider, at from agent_runtime, generate_series(1, ${count}) as n,
			unnest(array[now() + interval '1 minute' - interval '1 second' * (n / 40), ${moment}]) as at
		where id = '${runtime}'`);
	await database.rows(`alter table runs add column worker_id text`);
	await database.rows(`insert into runs (status, lease_owner, worker_id, run_at, queued_at, lease_expires_at)
		select status::run_status, 'w' || n, 'w' || n, ${moment}, ${moment}, case when n > 3 then ${moment} end
		from generate_series(1, ${count}) as n, unnest(array['QUEUED', 'RUNNING']) as status`);
	for (const [table, bucket] of [
		['task_usage_hourly_dirty', `date_trunc('hour', now()) - interval '1 hour' * n`],
		['task_usage_daily_dirty', 'current_date - n'],
		['task_usage_dashboard_dirty', 'current_date - n'],
	] as const) {
		const column = table.includes('hourly') ? 'bucket_hour' : 'bucket_date';
		await database.rows(`insert into ${table} select (jsonb_populate_record(null::${table}, jsonb_build_object(
			'${column}', ${bucket}, 'workspace_id', gen_random_uuid(), 'runtime_id', gen_random_uuid(), 'agent_id', gen_random_uuid(),
			'provider', 'claude', 'model', 'm', 'enqueued_at', ${moment}))).* from generate_series(1, ${count}) as n`);
	}
}, 60_000);

const subject = () => ({ id: runtime, name: 'one' });

describe.each(allLists.filter(({ pagedBy }) => pagedBy))('$id', (list) => {
	const [question] = list.questions(undefined, { id: '', name: '' });
	const variants = lists.samplers.filter(({ id }) => id === question?.query);

	test.each(variants.map((query) => [query.variant, query] as const))('%s', async (_, query) => {
		const client = await database.client();
		const keys: string[] = [];
		const pages: number[] = [];
		let after: Parameters<typeof list.questions>[0];
		do {
			const [asked] = list.questions(after, subject());
			const result = await client.query({
				text: query.sql,
				values: boundValues(query, asked as NonNullable<typeof asked>) as unknown[],
				types: wireTypes as never,
			});
			const decoded = decodeRows(
				query.columns,
				result.rows,
				result.fields.map(({ name }) => name),
			);
			if ('reason' in decoded) throw new Error(decoded.reason);
			const rows = decoded as readonly Row[];
			keys.push(...rows.map((row) => list.key.map((field) => row[field]).join(' ')));
			pages.push(rows.length);
			const last = rows.at(-1);
			after = last && { at: String(last.place), id: String(last[list.pagedBy ?? ''] ?? '') };
		} while (pages.at(-1) === 100);
		expect(new Set(keys).size, 'twice').toBe(keys.length);
		if (list.id === 'database') return;
		expect(pages.slice(0, 2)).toEqual([100, 100]);
		expect(keys.length).toBeGreaterThanOrEqual(count);
	});
});

test('tasks that failed before the newest 5,000 that finished are on a later page', async () => {
	const [list] = allLists.filter(({ id }) => id === 'tasks-failed');
	const [query] = lists.samplers.filter(({ id }) => id === 'lists/tasks-failed');
	if (list === undefined || query === undefined) throw new Error('there is such a list');
	// Half of them at one moment, which the place of a page has to tell apart.
	await database.rows(`insert into agent_task_queue (agent_id, runtime_id, status, created_at, completed_at)
		select agent_id, runtime_id, case when n = 7 then 'failed' else 'completed' end, now(),
			now() - interval '1 minute' - interval '1 second' * greatest(0, n - 6000) / 1000
		from (select agent_id, runtime_id from agent_task_queue limit 1) as one, generate_series(1, 12000) as n`);
	const client = await database.client();
	const failed = new Set<string>();
	let after: Parameters<typeof list.questions>[0];
	let pages = 0;
	do {
		const [asked] = list.questions(after, undefined);
		const found = await client.query({
			text: query.sql,
			values: boundValues(query, asked as NonNullable<typeof asked>) as unknown[],
		});
		pages += 1;
		const ends = found.rows.filter((row) => row.is_scan_end);
		const rows = found.rows.filter((row) => !row.is_scan_end);
		for (const { id } of rows) failed.add(id);
		const last = rows.length >= 100 ? rows.at(-1) : ends[0];
		after = last && { at: last.place, id: last.id };
	} while (after !== undefined && pages < 10);
	// Two without a page of failed ones, then those of the other tests.
	expect(pages).toBe(5);
	expect(failed.size).toBe(count + 1);
});
