import { readFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { loadCatalog } from '../../source/catalog/load.ts';
import { selectSamplers } from '../../source/catalog/select.ts';
import { compose } from '../../source/compose.ts';
import { resolveConfig } from '../../source/config.ts';
import { defaultCacheFolder } from '../../source/demo/cache-folder.ts';
import { startEmbedded } from '../../source/demo/embedded.ts';
import { sessionSettings } from '../../source/postgres/message.ts';
import { probe } from '../../source/postgres/probe.ts';
import { createSession } from '../../source/postgres/session.ts';
import { applyMigrations } from '../../test/support/apply-migrations.ts';
import { targetOf } from '../../test/support/target.ts';
import { seedHistory } from '../samplers/history.ts';
import { measure, type Timings, table } from '../samplers/measure.ts';

// What each evidence query costs the server as history grows, and a whole diagnosis:
// npm run bench:diagnosis -- --rows 100000,1000000,10000000

const { values } = parseArgs({
	options: {
		rows: { type: 'string', default: '100000,1000000' },
		rounds: { type: 'string', default: '21' },
	},
});
const sql = fileURLToPath(new URL('../../sql', import.meta.url));
const { samplers: evidence } = loadCatalog(join(sql, 'evidence'));
const probeSql = readFileSync(join(sql, 'probe.sql'), 'utf8');
const server = await startEmbedded({
	folder: await mkdtemp(join(tmpdir(), 'tidemark-bench-')),
	cacheFolder: defaultCacheFolder(),
	isPersistent: false,
	settings: {
		fsync: 'off',
		full_page_writes: 'off',
		autovacuum: 'off',
		max_wal_size: '8GB',
		shared_buffers: '1GB',
		maintenance_work_mem: '1GB',
	},
});
try {
	const bySize = new Map<number, Timings>();
	for (const tasks of values.rows.split(',').map(Number)) bySize.set(tasks, await benchmark(tasks));
	console.log(table(bySize));
} finally {
	await server.stop();
}

/** One size in a database of its own, which is removed afterwards. */
async function benchmark(tasks: number): Promise<Timings> {
	const name = `history_${tasks}`;
	const admin = await connected(server.url());
	await admin.query(`create database ${name}`);
	await applyMigrations(server.url(name));
	const seeder = await connected(server.url(name));
	// A longer queue than 20,000 would end the comparison of buckets before it begins.
	await seedHistory(seeder, {
		tasks,
		usage: 1_000_000,
		messages: 1_000_000,
		issues: 200_000,
		runtimes: 2000,
		dirty: 15_000,
	});
	for (const pipeline of ['hourly', 'daily', 'dashboard']) {
		await seeder.query(`call tidemark_backfill('${pipeline}')`);
	}
	await seeder.query(
		`insert into sys_cron_executions (job_name, plan_time, status, started_at, finished_at, rows_affected)
		select job, at, 'SUCCESS', at, at, 1 from generate_series(1, 100000) n,
			lateral (select now() - n * interval '1 minute' as at) run,
			unnest(array['rollup_task_usage_hourly', 'rollup_task_usage_daily', 'rollup_task_usage_dashboard_daily']) job`,
	);
	await seeder.query('vacuum analyze');
	await seeder.query(
		`update agent_runtime set last_seen_at = now() - random() * interval '15 seconds' where status = 'online'`,
	);
	await seeder.end();
	console.error(`${name} seeded`);
	const timings = await measureAll(name);
	await diagnoseOnce(name);
	await admin.query(`drop database ${name} with (force)`);
	await admin.end();
	return timings;
}

async function measureAll(database: string): Promise<Timings> {
	const settings = Object.entries(sessionSettings).map(([name, value]) => `-c ${name}=${value}`);
	const client = await connected(server.url(database), settings.join(' '));
	const session = createSession(client, { where: database, isPooled: false });
	const { inventory } = await probe(session, probeSql, evidence);
	const chosen = selectSamplers(evidence, inventory).flatMap((choice) =>
		choice.kind === 'run' ? [choice.sampler] : [],
	);
	const timings = await measure(session, chosen, Number(values.rounds));
	await session.close();
	return timings;
}

/** As the program does it, with its own limits: what can't be had within them is a gap. */
async function diagnoseOnce(database: string): Promise<void> {
	const config = resolveConfig({ flags: {}, env: {} });
	const parts = compose({ config, target: targetOf(server.url(database)) });
	await parts.loop.refreshAll();
	const started = performance.now();
	const { serverMs, gaps, findings } = await parts.diagnostician.ask(true);
	const wallMs = Math.round(performance.now() - started);
	console.error(
		`${database}: diagnosed in ${wallMs} ms, ${Math.round(serverMs)} ms of it the server's, ${gaps.length} gaps (limit ${config.statementTimeoutMs} ms a query)`,
	);
	for (const { evidence: id, reason } of gaps) console.error(`  ${id}: ${reason}`);
	for (const { severity, sentence } of findings) console.error(`  ${severity}: ${sentence}`);
	await parts.stop();
}

async function connected(connectionString: string, options?: string): Promise<pg.Client> {
	const client = new pg.Client({
		connectionString,
		...(options !== undefined && { options, pipeline: true }),
	});
	await client.connect();
	return client;
}
