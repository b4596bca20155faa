/**
 * What the queries of usage cost the server, from raw usage, from the hourly and from the daily rollup, in
 * turns: `npm run bench:usage`, `-- --rows 10000000` for a longer history.
 */
import { mkdtemp } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import type { Sampler } from '../../source/catalog/sampler.ts';
import { defaultCacheFolder } from '../../source/demo/cache-folder.ts';
import { startEmbedded } from '../../source/demo/embedded.ts';
import { migrate } from '../../source/migrate/migrate.ts';
import { sessionSettings } from '../../source/postgres/message.ts';
import { createSession, type Session } from '../../source/postgres/session.ts';
import type { Value } from '../../source/postgres/transaction.ts';
import { boundValues } from '../../source/sampling/question.ts';
import { queryOf } from '../../test/usage/query.ts';
import { seed } from '../rollups/seed.ts';

const { values: given } = parseArgs({
	options: {
		rows: { type: 'string', default: '1000000' },
		rounds: { type: 'string', default: '11' },
	},
});
const rounds = Number(given.rounds);
/** A query that needs longer is told as that: in the program the server cancels it after 4 s. */
const timeoutMs = 60_000;
const spans = [1, 7, 14, 90];
const sources = ['raw', 'owned', 'hourly', 'daily'] as const;
/** What the program would read at most: more is refused before it is summed up. */
const most = { raw: 100_000, hourly: 500_000 } as const;

type Source = (typeof sources)[number];
type Owner = { readonly runtime?: string };

const write = (text: string) => process.stdout.write(`${text}\n`);

const server = await startEmbedded({
	folder: await mkdtemp(join(tmpdir(), 'tidemark-bench-')),
	cacheFolder: defaultCacheFolder(),
	isPersistent: false,
	settings: { shared_buffers: '1GB', max_wal_size: '4GB', fsync: 'off', autovacuum: 'off' },
});
try {
	const url = server.url();
	await migrate({ connection: url, direction: 'up' });
	const seeder = new pg.Client({ connectionString: url });
	await seeder.connect();
	const started = performance.now();
	await seed(seeder, Number(given.rows));
	process.stderr.write(`seeded in ${Math.round((performance.now() - started) / 1000)} s\n`);
	const { rows } = await seeder.query(`select current_setting('server_version') as version,
		(select reltuples::bigint from pg_class where relname = 'task_usage') as raw,
		(select reltuples::bigint from pg_class where relname = 'task_usage_hourly') as hourly,
		(select reltuples::bigint from pg_class where relname = 'task_usage_daily') as daily,
		(select id::text from agent_runtime limit 1) as runtime`);
	await seeder.end();
	const [{ version, raw, hourly, daily, runtime }] = rows;
	write(`PostgreSQL ${version}, ${cpus().length} cores, ${new Date().toISOString().slice(0, 10)}`);
	write(`rows: ${raw} of raw usage, ${hourly} hourly, ${daily} daily; ${rounds} rounds\n`);
	const session = await openSession(url);
	for (const by of ['day', 'agent', 'hour']) await writeTable(session, by, {});
	await writeTable(session, 'day', { runtime });
	await session.close();
	write(`load at the end: ${loadavg()[0]?.toFixed(1)}`);
} finally {
	await server.stop();
}

/** One way of grouping: a line a span, median and fastest of each source, and raw against the rollups. */
async function writeTable(session: Session, by: string, owner: Owner): Promise<void> {
	const whose = owner.runtime === undefined ? 'everybody' : 'one runtime';
	const hasOwner = owner.runtime !== undefined;
	const used = sources.filter(
		(source) =>
			(source !== 'owned' || hasOwner) && (source !== 'daily' || by === 'day' || by === 'model'),
	);
	const ratios = used.filter((source) => source === 'hourly' || source === 'daily');
	write(
		`| by ${by}, ${whose} | ${[...used, ...ratios.map((each) => `raw ÷ ${each}`)].join(' | ')} |`,
	);
	write(`|---|${'---:|'.repeat(used.length + ratios.length)}`);
	for (const days of spans) {
		const times = new Map<Source, number[]>(used.map((source) => [source, []]));
		for (let round = -1; round < rounds; round += 1) {
			for (const source of used) {
				const ms = await timeOf(session, `by-${by}-${source}`, days, owner);
				if (round >= 0) times.get(source)?.push(ms);
			}
		}
		const refused = new Set<Source>();
		for (const source of ['raw', 'hourly'] as const) {
			if (await isTooMuch(session, source, days, owner)) refused.add(source);
		}
		const cells = used.map((source) => {
			const { median, fastest } = timing(times.get(source) ?? []);
			return `${median.toFixed(1)} / ${fastest.toFixed(1)}${refused.has(source) ? ' *' : ''}`;
		});
		const raw = timing(times.get('raw') ?? []).fastest;
		const against = ratios.map((source) =>
			(raw / timing(times.get(source) ?? []).fastest).toFixed(1),
		);
		write(`| ${days === 1 ? '1 day' : `${days} days`} | ${[...cells, ...against].join(' | ')} |`);
	}
	write('');
}

function spanOf(days: number, owner: Owner): Readonly<Record<string, Value>> {
	const day = (ago: number) => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10);
	return { ...owner, first_day: day(days - 1), last_day: day(0), zone: 'UTC' };
}

/** Those of the values that the query has parameters for. */
function named(query: Sampler, values: Readonly<Record<string, Value>>): readonly Value[] {
	const wanted = query.parameters.flatMap(({ name }) =>
		name in values ? [[name, values[name] ?? null]] : [],
	);
	return boundValues(query, { query: query.id, values: Object.fromEntries(wanted) });
}

/** The server's own time for a query, in ms, in the message that the program sends. */
async function timeOf(session: Session, name: string, days: number, owner: Owner): Promise<number> {
	const query = queryOf(name);
	const values = named(query, { ...spanOf(days, owner), is_folded: days > 28, is_exact: false });
	const [answer] = await session.run([{ sql: query.sql, values, timeoutMs }]);
	if (answer?.kind !== 'rows') throw new Error(name, { cause: answer?.error });
	return answer.serverMs;
}

async function isTooMuch(
	session: Session,
	source: 'raw' | 'hourly',
	days: number,
	owner: Owner,
): Promise<boolean> {
	const query = queryOf(`reach-${source}`);
	const values = named(query, { ...spanOf(days, owner), most: most[source] });
	const [answer] = await session.run([{ sql: query.sql, values, timeoutMs }]);
	if (answer?.kind !== 'rows') throw new Error(query.id, { cause: answer?.error });
	return Number(answer.rows[0]?.rows) > most[source];
}

function timing(values: readonly number[]): { readonly median: number; readonly fastest: number } {
	const sorted = values.toSorted((a, b) => a - b);
	return {
		median: sorted[Math.floor(sorted.length / 2)] ?? Number.NaN,
		fastest: sorted[0] ?? Number.NaN,
	};
}

async function openSession(url: string): Promise<Session> {
	const options = Object.entries(sessionSettings).map(([name, value]) => `-c ${name}=${value}`);
	const client = new pg.Client({
		connectionString: url,
		options: options.join(' '),
		pipeline: true,
	} as pg.ClientConfig);
	await client.connect();
	return createSession(client, { where: 'the benchmark', isPooled: false });
}
