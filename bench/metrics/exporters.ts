import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { builtInCatalog } from '../../source/catalog/built-in.ts';
import { Scraper } from './client.ts';

/** An exporter under test. */
export type Exporter = {
	readonly name: string;
	/** The role it connects as: its statements are counted by it. */
	readonly role: string;
	readonly port: number;
	readonly pid: number;
	stop(): Promise<unknown>;
};

type Start = { readonly url: string; readonly folder: string };

/** The roles, to be made before the exporters start. */
export const roles = ['bench_tidemark', 'bench_sql_exporter', 'bench_postgres_exporter'] as const;

/** The built program, as `tidemark serve` runs. */
export async function startTidemark({ url }: Start): Promise<Exporter> {
	const port = await freePort();
	const arguments_ = ['dist/tidemark.js', 'serve', '--metrics', String(port), url];
	return started('tidemark serve', roles[0], port, spawn(process.execPath, arguments_, quiet({})));
}

/** Debian's prometheus-sql-exporter with the lease queries of ours, sampled every 5 s as ours are. */
export async function startSqlExporter({ url, folder }: Start): Promise<Exporter> {
	const file = join(folder, 'sql-exporter.yml');
	const queries = builtInCatalog()
		.samplers.filter(({ pack, variant }) => pack === 'lease' && variant === '')
		.map(({ name, title, columns, sql }) => ({
			name: name.replaceAll('-', '_'),
			help: title,
			labels: columns.filter(({ type }) => type === 'text').map((column) => column.name),
			values: columns
				.filter(({ type }) => type === 'integer' || type === 'number')
				.map((column) => column.name),
			query: sql,
		}));
	const jobs = [
		{ name: 'leases', interval: '5s', connections: [`${url}?sslmode=disable`], queries },
	];
	writeFileSync(file, JSON.stringify({ jobs }));
	const port = await freePort();
	const child = spawn(
		'prometheus-sql-exporter',
		['-config.file', file, '-web.listen-address', `127.0.0.1:${port}`],
		quiet({ LOGLEVEL: 'error' }),
	);
	return started('prometheus-sql-exporter', roles[1], port, child);
}

/** Debian's prometheus-postgres-exporter as it comes, without the one collector that newer servers broke. */
export async function startPostgresExporter({ url }: Start): Promise<Exporter> {
	const port = await freePort();
	const child = spawn(
		'prometheus-postgres-exporter',
		[`--web.listen-address=127.0.0.1:${port}`, '--no-collector.bgwriter', '--log.level=error'],
		quiet({ DATA_SOURCE_NAME: `${url}?sslmode=disable` }),
	);
	return started('prometheus-postgres-exporter', roles[2], port, child);
}

const quiet = (env: Record<string, string>) => ({
	stdio: 'ignore' as const,
	env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
});

async function started(
	name: string,
	role: string,
	port: number,
	child: ChildProcess,
): Promise<Exporter> {
	await once(child, 'spawn').catch(() => {
		throw new Error(`${name} is missing: apt-get install --no-install-recommends ${name}`);
	});
	const exited = once(child, 'exit');
	const exporter = {
		name,
		role,
		port,
		pid: child.pid ?? 0,
		stop() {
			child.kill('SIGTERM');
			return exited;
		},
	};
	await answering(exporter);
	return exporter;
}

async function answering({ name, port }: Exporter): Promise<void> {
	for (let tries = 0; tries < 100; tries += 1) {
		const scraper = new Scraper(port);
		const answer = await scraper.scrape(2000).catch(() => undefined);
		scraper.close();
		if (answer?.status === 200) return;
		await new Promise((resolve) => setTimeout(resolve, 100));
	}
	throw new Error(`${name} does not answer`);
}

async function freePort(): Promise<number> {
	const server = createServer().listen(0, '127.0.0.1');
	await once(server, 'listening');
	const { port } = server.address() as { port: number };
	server.close();
	await once(server, 'close');
	return port;
}
