import { readFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { decodeEffect } from '../../source/actions/effect.ts';
import { previewRange } from '../../source/actions/effect-sql.ts';
import { directEngine, type Engine, functionEngine } from '../../source/actions/engine.ts';
import { readFacts, shapeOf } from '../../source/actions/facts.ts';
import { type PipelineName, pipelineNames, pipelines } from '../../source/actions/pipelines.ts';
import type { Query } from '../../source/actions/session.ts';
import type { Shape } from '../../source/actions/shape.ts';
import { defaultCacheFolder } from '../../source/demo/cache-folder.ts';
import { startEmbedded } from '../../source/demo/embedded.ts';
import { createField } from '../../test/actions/field.ts';
import { seedWorld } from '../../test/actions/world.ts';
import { applyMigrations } from '../../test/support/apply-migrations.ts';

// The two engines side by side on one month: npm run bench:actions -- --usage 1000000 --pipelines hourly
// The product's own function isn't here: test/actions/field.ts stands in for it, written from what the
// contract says of it, above all that it reads a runtime's whole history for every dirty key.

const { values } = parseArgs({
	options: {
		usage: { type: 'string', default: '1000000' },
		runtimes: { type: 'string', default: '2000' },
		pipelines: { type: 'string', default: 'hourly' },
		kinds: { type: 'string', default: 'field,own' },
	},
});
/** Runs of the fast engine; the slow one is run once. */
const rounds = 5;
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
	},
});
try {
	const lines = [
		'| pipeline | engine | usage rows | buckets after it | runs | fastest s | median s | processor s, median | rows agree |',
		'|---|---|---|---|---|---|---|---|---|',
	];
	const version = await versionOf(server.url());
	console.log(`${new Date().toISOString()}, ${version}, ${cpus().length} cores, load ${load()}`);
	for (const kind of ['field', 'own'] as const) {
		if (values.kinds.split(',').includes(kind)) lines.push(...(await benchmark(kind)));
	}
	console.log(lines.join('\n'));
	console.log(`load at the end ${load()}`);
} finally {
	await server.stop();
}

/** Both engines on the same month of one database. */
async function benchmark(kind: 'field' | 'own'): Promise<string[]> {
	const admin = await connected(server.url());
	await admin.query(`create database ${kind}`);
	await admin.end();
	const client = await connected(server.url(kind));
	if (kind === 'field') await createField(client, server.url(kind));
	else await applyMigrations(server.url(kind));
	const usage = Number(values.usage);
	await seedWorld(client, {
		usage,
		tasks: usage / 2,
		runtimes: Number(values.runtimes),
		agents: 3000,
		issues: 20_000,
		from: '158 days',
		to: '1 hour',
	});
	const lines: string[] = [];
	for (const name of pipelineNames) {
		if (values.pipelines.split(',').includes(name))
			lines.push(...(await compare(client, kind, name)));
	}
	await client.end();
	return lines;
}

async function compare(client: pg.Client, kind: string, name: PipelineName): Promise<string[]> {
	const query: Query = async (sql, parameters) =>
		(await client.query(sql, [...(parameters ?? [])])).rows;
	const shape = shapeOf(await readFacts(query, pipelines[name]), pipelines[name]);
	const { rows } = await client.query(
		`select date_trunc('month', now() - interval '2 months', 'UTC')::text as from,
			date_trunc('month', now() - interval '1 month', 'UTC')::text as to`,
	);
	const [from, to] = [rows[0].from, rows[0].to] as [string, string];
	const counted = await client.query(
		`select count(*)::int as n from task_usage where coalesce(updated_at, created_at) >= $1 and coalesce(updated_at, created_at) < $2`,
		[from, to],
	);
	const direct = await run(client, query, directEngine(shape), shape, from, to, rounds);
	const theirs = await run(
		client,
		query,
		functionEngine(shape),
		shape,
		from,
		to,
		kind === 'own' ? rounds : 1,
	);
	const verify = await timed(async () =>
		decodeEffect(await query(previewRange(shape), [from, to, ['drift']])),
	);
	console.error(`${kind} ${name}: preview of the month ${seconds(verify.ms)} s`);
	// Ours recomputes whole hours and days where much changed: more than the window asks for.
	const isSame = direct.digest === theirs.digest && direct.buckets === theirs.buckets;
	const agrees = kind === 'own' ? 'not comparable' : isSame ? 'yes' : 'NO';
	const line = (engine: string, { ms, medianMs, processorMs, runs, buckets }: Run) =>
		`| ${kind} ${name} | ${engine} | ${counted.rows[0].n} | ${buckets} | ${runs} | ${seconds(ms)} | ${seconds(medianMs)} | ${seconds(processorMs)} | ${agrees} |`;
	console.error(
		`${kind} ${name}: direct is ${(theirs.ms / direct.ms).toFixed(1)} times as fast by the fastest, ${(theirs.processorMs / direct.processorMs).toFixed(1)} times by processor time`,
	);
	return [
		line(kind === 'own' ? 'our function' : 'function, stand-in', theirs),
		line('direct', direct),
	];
}

function seconds(ms: number): string {
	return (ms / 1000).toFixed(2);
}

/** Of the last minute, five and fifteen. */
function load(): string {
	return loadavg()
		.map((each) => each.toFixed(1))
		.join(' ');
}

async function versionOf(url: string): Promise<string> {
	const client = await connected(url);
	const { rows } = await client.query('show server_version');
	await client.end();
	return `Postgres ${rows[0].server_version}`;
}

type Run = {
	/** Of the fastest. */
	readonly ms: number;
	readonly medianMs: number;
	/** What the session's process has had of a processor: the same however busy the machine is. */
	readonly processorMs: number;
	readonly runs: number;
	readonly buckets: number;
	readonly digest: string;
};

/** The fastest of some runs, each rolled back, and what the rows were. */
async function run(
	client: pg.Client,
	query: Query,
	engine: Engine,
	{ pipeline }: Shape,
	from: string,
	to: string,
	count: number,
): Promise<Run> {
	const times: number[] = [];
	const worked: number[] = [];
	const { rows: who } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
	const pid = who[0]?.pid ?? 0;
	let [buckets, digest] = [0, ''];
	for (let round = 0; round < count; round++) {
		await client.query(`begin; set local jit = off; set local work_mem = '64MB'`);
		const before = processorMsOf(pid);
		const { ms } = await timed(() => engine.window(query, from, to));
		worked.push(processorMsOf(pid) - before);
		const columns = [pipeline.bucket, ...pipeline.keys, ...pipeline.measures].join(', ');
		const { rows } = await client.query(
			`select count(*)::int as n, md5(string_agg(md5(line), '' order by line)) as digest
			from (select row(${columns})::text as line from ${pipeline.table}) r`,
		);
		await client.query('rollback');
		times.push(ms);
		[buckets, digest] = [rows[0].n, rows[0].digest];
	}
	times.sort((a, b) => a - b);
	const middle = (list: number[]) => list.toSorted((a, b) => a - b)[Math.floor(count / 2)] ?? 0;
	const [medianMs, processorMs] = [middle(times), middle(worked)];
	return { ms: times[0] ?? 0, medianMs, processorMs, runs: count, buckets, digest };
}

/** User and system time of a process, in the hundredths of a second that Linux counts in. */
function processorMsOf(pid: number): number {
	const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
	const [user, system] = stat
		.slice(stat.lastIndexOf(')') + 2)
		.split(' ')
		.slice(11, 13);
	return (Number(user) + Number(system)) * 10;
}

async function timed<T>(
	work: () => Promise<T>,
): Promise<{ readonly ms: number; readonly result: T }> {
	const started = performance.now();
	const result = await work();
	return { ms: performance.now() - started, result };
}

async function connected(connectionString: string): Promise<pg.Client> {
	const client = new pg.Client({ connectionString });
	// The server may be stopped under it, once something else has failed.
	client.on('error', () => {});
	await client.connect();
	return client;
}
