import type { ChildProcess } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { defaultCacheFolder } from '../../source/demo/cache-folder.ts';
import { type EmbeddedServer, startEmbedded } from '../../source/demo/embedded.ts';
import { applyMigrations } from '../../test/support/apply-migrations.ts';
import { Scraper } from './client.ts';
import {
	type Exporter,
	roles,
	startPostgresExporter,
	startSqlExporter,
	startTidemark,
} from './exporters.ts';
import { outages, signalServer } from './frozen.ts';
import { latencies, throughput, warmUp } from './load.ts';
import { loadOnServerTable, loadTable, outageTable, type Row, type ServerLoad } from './report.ts';
import { end, type StoppedServer, stopToRestart } from './restart.ts';

// tidemark serve next to Debian's exporters, in one run:
// npm run bench:metrics [-- --scrapes 500 --seconds 5 --away 20 --runs 20000]

const { values } = parseArgs({
	options: {
		scrapes: { type: 'string', default: '500' },
		seconds: { type: 'string', default: '5' },
		away: { type: 'string', default: '20' },
		runs: { type: 'string', default: '20000' },
	},
});
const scrapes = Number(values.scrapes);
const rounds = 3;
const folder = await mkdtemp(join(tmpdir(), 'tidemark-bench-metrics-'));
const start = (): Promise<EmbeddedServer> =>
	startEmbedded({
		folder,
		cacheFolder: defaultCacheFolder(),
		isPersistent: true,
		settings: {
			shared_preload_libraries: 'pg_stat_statements',
			'pg_stat_statements.track_planning': 'on',
			fsync: 'off',
			autovacuum: 'off',
		},
	});
const server = await start();
let restarted: ChildProcess | undefined;
const exporters: Exporter[] = [];
try {
	await prepare();
	exporters.push(
		await startTidemark({ url: urlOf('leases', roles[0]), folder }),
		await startSqlExporter({ url: urlOf('leases', roles[1]), folder }),
		await startPostgresExporter({ url: urlOf('leases', roles[2]), folder }),
	);
	const rows: Row[] = [];
	for (const exporter of exporters) rows.push(await measured(exporter));
	const all = await startTidemark({ url: urlOf('everything', roles[0]), folder });
	rows.splice(1, 0, await measured({ ...all, name: 'tidemark serve, all packs' }));
	await all.stop();
	console.log(loadTable(rows, scrapes));
	console.log(loadOnServerTable(await minute()));

	const freeze = await outages(
		exporters,
		Number(values.away),
		async () => signalServer(server.pid, 'SIGSTOP'),
		async () => signalServer(server.pid, 'SIGCONT'),
	);
	console.log(outageTable(`Postgres frozen (SIGSTOP) for ${values.away} s`, freeze));
	let stopped: StoppedServer | undefined;
	const restart = await outages(
		exporters,
		5,
		async () => {
			stopped = await stopToRestart(server);
		},
		async () => {
			restarted = stopped?.start();
		},
	);
	console.log(outageTable('Postgres stopped for 5 s and started again', restart));
} finally {
	await Promise.all(exporters.map((exporter) => exporter.stop()));
	if (restarted) await end(restarted);
	await server.stop();
}

function urlOf(database: string, role: string): string {
	const url = new URL(server.url(database));
	url.username = role;
	url.password = 'bench';
	return url.href;
}

/** Two databases: one with nothing but the run queue, one with all that tidemark knows. */
async function prepare(): Promise<void> {
	const admin = await connected('postgres');
	for (const role of roles) {
		await admin.query(`create role ${role} login superuser password 'bench'`);
	}
	await admin.query('create extension pg_stat_statements');
	await admin.query('create database everything');
	await admin.query('create database leases');
	await admin.end();
	await applyMigrations(server.url('everything'));
	const everything = await connected('everything');
	const { rows } = await everything.query(
		`select column_name as name, data_type as type, udt_name as udt from information_schema.columns where table_name = 'runs' order by ordinal_position`,
	);
	const columns = rows.map(
		({ name, type, udt }) => `${name} ${type === 'USER-DEFINED' ? udt : type}`,
	);
	const leases = await connected('leases');
	await leases.query(
		`create type run_status as enum ('QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED');
		create table runs (${columns.join(', ')});
		create table workers (id text primary key, last_heartbeat_at timestamptz not null);
		create index ix_runs_status on runs (status); create index ix_runs_run_at on runs (run_at);
		create index ix_runs_queued_at on runs (queued_at);
		create index ix_runs_lease_expires_at on runs (lease_expires_at)`,
	);
	for (const client of [leases, everything]) {
		await client.query(
			`insert into runs (id, status, blueprint, run_at, queued_at, started_at, finished_at, lease_owner, lease_expires_at)
			select gen_random_uuid(), (case when n <= 100 then 'QUEUED' when n <= 200 then 'RUNNING' else 'SUCCEEDED' end)::run_status,
				'blueprint ' || n % 20, now() - n * interval '1 second', now() - n * interval '1 second',
				now() - n * interval '1 second', case when n > 200 then now() - n * interval '0.5 second' end,
				'worker ' || n % 10, now() + interval '5 minutes'
			from generate_series(1, ${Number(values.runs)}) as n;
			insert into workers select 'worker ' || n, now() from generate_series(1, 10) as n;
			analyze`,
		);
		await client.end();
	}
}

async function connected(database: string): Promise<pg.Client> {
	const client = new pg.Client({ connectionString: server.url(database) });
	await client.connect();
	return client;
}

async function measured(exporter: Exporter): Promise<Row> {
	const before = await counted(exporter.role);
	const one = await latencies(exporter, scrapes, rounds);
	const asked = rounds * (scrapes + warmUp);
	const perScrape = ((await counted(exporter.role)).calls - before.calls) / asked;
	const eight = await throughput(exporter, 8, Number(values.seconds));
	return { name: exporter.name, one, eight, statementsPerScrape: perScrape };
}

/** What a minute of scrapes every 15 s costs the server, for all exporters at once. */
async function minute(): Promise<ServerLoad[]> {
	const before = await Promise.all(exporters.map(({ role }) => counted(role)));
	for (let scrape = 0; scrape < 4; scrape += 1) {
		const next = setTimeout(15_000);
		for (const { port } of exporters) {
			const scraper = new Scraper(port);
			await scraper.scrape();
			scraper.close();
		}
		await next;
	}
	const after = await Promise.all(exporters.map(({ role }) => counted(role)));
	return exporters.map(({ name }, at) => ({
		name,
		statements: (after[at]?.calls ?? 0) - (before[at]?.calls ?? 0),
		settings: (after[at]?.settings ?? 0) - (before[at]?.settings ?? 0),
		serverMs: (after[at]?.serverMs ?? 0) - (before[at]?.serverMs ?? 0),
	}));
}

/** Statements that a role has sent so far, those that only SET something, and the server's time for all. */
async function counted(role: string) {
	const admin = await connected('postgres');
	const { rows } = await admin.query(
		`select coalesce(sum(calls), 0)::int as calls,
			coalesce(sum(calls) filter (where query ilike 'set %'), 0)::int as settings,
			coalesce(sum(total_exec_time + total_plan_time), 0)::float8 as "serverMs"
		from pg_stat_statements where userid = $1::regrole`,
		[role],
	);
	await admin.end();
	return rows[0] as { calls: number; settings: number; serverMs: number };
}
