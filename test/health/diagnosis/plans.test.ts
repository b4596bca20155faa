import type pg from 'pg';
import { beforeAll, expect, test } from 'vitest';
import { seedHistory } from '../../../bench/samplers/history.ts';
import { scansOf } from '../../sql/plan.ts';
import { useDatabase } from '../../support/database.ts';
import { evidence } from './diagnosed.ts';

// Evidence must not cost more because there is more history: no large table is read whole.

const database = useDatabase();
let client: pg.Client;

const usage = 80_000;

beforeAll(async () => {
	client = await database.client();
	await seedHistory(client, {
		tasks: 100_000,
		usage,
		messages: 20_000,
		issues: 20_000,
		runtimes: 2000,
		dirty: 0,
	});
	for (const name of ['hourly', 'daily', 'dashboard']) {
		await client.query(`call tidemark_backfill('${name}')`);
	}
	await client.query(
		`insert into sys_cron_executions (job_name, plan_time, status)
		select job, now() - n * interval '1 minute', 'SUCCESS' from generate_series(1, 10000) n,
			unnest(array['rollup_task_usage_hourly', 'rollup_task_usage_daily', 'rollup_task_usage_dashboard_daily']) job`,
	);
	await client.query('vacuum analyze');
	await client.query('set max_parallel_workers_per_gather = 0');
}, 60_000);

const cron = evidence.samplers.filter(({ needs }) =>
	needs.some((need) => need.kind === 'table' && need.table.startsWith('cron.')),
);
const variants = evidence.samplers.filter(({ variant }) => variant.startsWith('worker-id'));
const here = evidence.samplers.filter((query) => ![...cron, ...variants].includes(query));

/** What the newest 50,000 usage rows are compared with, and a day's traffic. */
const bound = 60_000;

test.each(here.map((query) => [`${query.id} ${query.variant}`, query.sql] as const))(
	'%s',
	async (_, sql) => {
		const large = /^(agent_task_queue|runs|task_usage\w*|sys_cron_executions|chat_message)\b/;
		for (const { kind, of, isIndex, rows } of await scansOf(client, sql)) {
			if (!large.test(of)) continue;
			expect(rows, `${kind} of ${of}`).toBeLessThanOrEqual(bound);
			// An empty queue, or a state table of one row, may be read as it likes.
			if (!isIndex) expect(rows, `${kind} of ${of}`).toBeLessThanOrEqual(10);
		}
	},
);
