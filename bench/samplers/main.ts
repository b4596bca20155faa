import { readFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { loadCatalog } from '../../source/catalog/load.ts';
import type { Sampler } from '../../source/catalog/sampler.ts';
import { selectSamplers } from '../../source/catalog/select.ts';
import { defaultCacheFolder } from '../../source/demo/cache-folder.ts';
import { startEmbedded } from '../../source/demo/embedded.ts';
import { sessionSettings } from '../../source/postgres/message.ts';
import { probe } from '../../source/postgres/probe.ts';
import { createSession } from '../../source/postgres/session.ts';
import { applyMigrations } from '../../test/support/apply-migrations.ts';
import { seedHistory } from './history.ts';
import { floor, measure, type Timing, type Timings, table } from './measure.ts';

// What each sampler costs the server as history grows:
// npm run bench:samplers -- --rows 100000,1000000,10000000

const { values } = parseArgs({
	options: {
		rows: { type: 'string', default: '100000,1000000' },
		rounds: { type: 'string', default: '41' },
	},
});
const sql = fileURLToPath(new URL('../../sql', import.meta.url));
const { samplers } = loadCatalog(join(sql, 'samplers'));
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
	const started = performance.now();
	await seedHistory(seeder, {
		tasks,
		usage: 1_000_000,
		messages: 1_000_000,
		issues: 200_000,
		runtimes: 2000,
		dirty: 200_000,
	});
	// Loading took minutes, but runtimes beat every 15 s.
	await seeder.query(
		`update agent_runtime set last_seen_at = now() - random() * interval '15 seconds' where status = 'online'`,
	);
	await seeder.query('vacuum analyze agent_runtime');
	console.error(`${name} seeded in ${Math.round((performance.now() - started) / 1000)} s`);
	const timings = new Map(await measureAll(name));
	await seeder.query('alter table chat_message rename to hidden');
	await measureActive(name, timings, 'tasks alone');
	await seeder.query('alter table hidden rename to chat_message');
	await seeder.query('create index on chat_message (created_at)');
	await measureActive(name, timings, 'chat indexed by time');
	await seeder.end();
	await admin.query(`drop database ${name}`);
	await admin.end();
	return timings;
}

/** How dear chat is that no index finds by time: the same sampler where there is none, and with one. */
async function measureActive(database: string, timings: Map<string, Timing>, what: string) {
	const ofActive = await measureAll(database, ({ id }) => id === 'multica/active');
	for (const [name, timing] of ofActive) {
		if (name !== floor) timings.set(`multica/active, ${what}`, timing);
	}
}

/** The variants that the program would choose, on a session like the program's. */
async function measureAll(
	database: string,
	isWanted: (sampler: Sampler) => boolean = () => true,
): Promise<Timings> {
	const settings = Object.entries(sessionSettings).map(([name, value]) => `-c ${name}=${value}`);
	const client = await connected(server.url(database), settings.join(' '));
	const session = createSession(client, { where: database, isPooled: false });
	const { inventory } = await probe(session, probeSql, samplers);
	const chosen = selectSamplers(samplers, inventory).filter(
		(choice) => choice.kind === 'run' && isWanted(choice.sampler),
	);
	const timings = await measure(
		session,
		chosen.map((choice) => choice.sampler),
		Number(values.rounds),
	);
	await session.close();
	return timings;
}

async function connected(connectionString: string, options?: string): Promise<pg.Client> {
	const client = new pg.Client({
		connectionString,
		...(options !== undefined && { options, pipeline: true }),
	});
	await client.connect();
	return client;
}
