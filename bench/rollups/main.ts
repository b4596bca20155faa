/**
 * What the rollup pipelines cost, next to the least that could be: `npm run bench:rollups`.
 * `-- --max 1000000` leaves out the largest history, which takes minutes to write.
 */
import { mkdtemp } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { defaultCacheFolder } from '../../source/demo/cache-folder.ts';
import { startEmbedded } from '../../source/demo/embedded.ts';
import { migrate } from '../../source/migrate/migrate.ts';
import { pipelines } from '../../test/rollup/pipelines.ts';
import { median, monthWindow, runtimeMove, steadyTick } from './measure.ts';
import { seed } from './seed.ts';

const sizes = [100_000, 1_000_000, 10_000_000];
const limit = Number(process.argv[process.argv.indexOf('--max') + 1] || sizes.at(-1));
const used = sizes.filter((size) => !(size > limit));
const write = (line: string) => process.stdout.write(`${line}\n`);
const ms = (value: number) => (value < 100 ? value.toFixed(1) : value.toFixed(0));

const server = await startEmbedded({
	folder: await mkdtemp(join(tmpdir(), 'tidemark-bench-')),
	cacheFolder: defaultCacheFolder(),
	isPersistent: false,
	settings: {
		shared_buffers: '512MB',
		max_wal_size: '4GB',
		// Indexes that are built anew need no log then. What is measured is logged all the same.
		wal_level: 'minimal',
		max_wal_senders: 0,
	},
});

/** For the whole server, from now on: a history is written as fast as can be, and measured as usual. */
async function set(admin: pg.Client, settings: readonly string[]): Promise<void> {
	for (const setting of settings) await admin.query(`alter system set ${setting}`);
	await admin.query('select pg_reload_conf()');
}

const clients = new Map<number, pg.Client>();
async function open(size: number): Promise<pg.Client> {
	const admin = new pg.Client({ connectionString: server.url() });
	await admin.connect();
	await admin.query(`create database usage_${size} template template0`);
	const url = server.url(`usage_${size}`);
	await migrate({ connection: url, direction: 'up' });
	const client = new pg.Client({ connectionString: url });
	await client.connect();
	const start = performance.now();
	await set(admin, ['fsync = off', 'autovacuum = off']);
	await seed(client, size);
	await set(admin, ['fsync = on', 'autovacuum = on']);
	await admin.end();
	process.stderr.write(
		`${size} usage rows written and rolled up in ${Math.round((performance.now() - start) / 1000)} s\n`,
	);
	return client;
}

try {
	for (const size of used) clients.set(size, await open(size));
	const { rows } = await (clients.get(sizes[0] as number) as pg.Client).query(
		'show server_version',
	);
	const day = new Date().toISOString().slice(0, 10);
	write(`PostgreSQL ${rows[0].server_version}, ${cpus().length} cores, ${day}\n`);
	await writeTicks();
	const million = clients.get(1_000_000);
	if (million) {
		await writeMoves(million);
		await writeMonths(million);
	}
} finally {
	for (const client of clients.values()) await client.end();
	await server.stop();
}

async function writeTicks(): Promise<void> {
	write(`## A steady tick: ten minutes of usage, ms (median of 21, the histories in turn)\n`);
	write(
		`| pipeline | ${used.map((size) => `${size.toLocaleString('en')} rows`).join(' | ')} | largest : smallest |`,
	);
	write(`|---|${used.map(() => '---:').join('|')}|---:|`);
	for (const pipeline of pipelines) {
		const times = new Map<number, number[]>(used.map((size) => [size, []]));
		for (let round = -2; round < 21; round++) {
			for (const [size, client] of clients) {
				const taken = await steadyTick(client, pipeline);
				if (round >= 0) times.get(size)?.push(taken);
			}
		}
		const medians = used.map((size) => median(times.get(size) ?? []));
		write(
			`| ${pipeline.name} | ${medians.map(ms).join(' | ')} | ${(Math.max(...medians) / Math.min(...medians)).toFixed(2)} |`,
		);
	}
}

async function writeMoves(client: pg.Client): Promise<void> {
	write(
		`\n## A runtime move of 1,000 tasks, 1,000,000 rows, all three pipelines, ms (median of 15 pairs in turn)\n`,
	);
	write(
		'| rows and indexes | bare update | with triggers | ratio | all that it invalidated, recomputed |',
	);
	write('|---|---:|---:|---:|---:|');
	for (const isWarm of [false, true]) {
		const { bareMs, triggeredMs, drainMs } = await runtimeMove(client, 15, isWarm);
		write(
			`| ${isWarm ? "in the server's memory" : 'as they come'} | ${ms(bareMs)} | ${ms(triggeredMs)} | ${(triggeredMs / bareMs).toFixed(2)} | ${ms(drainMs)} |`,
		);
	}
}

async function writeMonths(client: pg.Client): Promise<void> {
	const { rows } = await client.query(
		`select (date_trunc('month', now(), 'UTC') - interval '2 months')::text as from, (date_trunc('month', now(), 'UTC') - interval '1 month')::text as to`,
	);
	write(`\n## A window over one month, 1,000,000 rows, ms (median of 5 pairs in turn)\n`);
	write('| pipeline | buckets | bare INSERT … GROUP BY | window | ratio | the same window again |');
	write('|---|---:|---:|---:|---:|---:|');
	for (const pipeline of pipelines) {
		const { buckets, bareMs, windowMs, againMs } = await monthWindow(client, pipeline, rows[0], 5);
		write(
			`| ${pipeline.name} | ${buckets.toLocaleString('en')} | ${ms(bareMs)} | ${ms(windowMs)} | ${(windowMs / bareMs).toFixed(2)} | ${ms(againMs)} |`,
		);
	}
}
