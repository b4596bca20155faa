import { readdirSync, readFileSync } from 'node:fs';
import { Scraper } from './client.ts';
import type { Exporter } from './exporters.ts';

/** What an exporter did while its database was away. */
export type Outage = {
	readonly answered: number;
	readonly asked: number;
	readonly longestMs: number;
	/** What it says of the database in its first and its last answer of the outage. */
	readonly first: string;
	readonly last: string;
	/** From the database's return until a scrape says that it is back, in ms. */
	readonly recoveredAfterMs: number | undefined;
};

/** A scrape has this long, as Prometheus gives it. */
const scrapeTimeoutMs = 10_000;

/** Scrapes all exporters once a second while `isAway`, then until each says that the database is back. */
export async function outages(
	exporters: readonly Exporter[],
	seconds: number,
	leave: () => Promise<void>,
	comeBack: () => Promise<void>,
): Promise<Map<string, Outage>> {
	let during: readonly Omit<Outage, 'recoveredAfterMs'>[];
	try {
		await leave();
		const endsAt = performance.now() + seconds * 1000;
		during = await Promise.all(exporters.map((exporter) => whileAway(exporter, endsAt)));
	} finally {
		await comeBack();
	}
	const backAt = performance.now();
	const recovered = await Promise.all(exporters.map((exporter) => recovery(exporter, backAt)));
	return new Map(
		exporters.map(({ name }, at) => [
			name,
			{ ...during[at], recoveredAfterMs: recovered[at] } as Outage,
		]),
	);
}

async function whileAway(
	{ port }: Exporter,
	endsAt: number,
): Promise<Omit<Outage, 'recoveredAfterMs'>> {
	const said: string[] = [];
	let asked = 0;
	let longestMs = 0;
	while (performance.now() < endsAt) {
		const started = performance.now();
		asked += 1;
		const scraper = new Scraper(port);
		const answer = await scraper
			.scrape(Math.min(scrapeTimeoutMs, endsAt - performance.now()))
			.catch(() => undefined);
		scraper.close();
		longestMs = Math.max(longestMs, performance.now() - started);
		if (answer) said.push(statementOf(answer.body.toString()));
		await new Promise((resolve) => setTimeout(resolve, 1000));
	}
	return { answered: said.length, asked, longestMs, first: said[0] ?? '', last: said.at(-1) ?? '' };
}

async function recovery({ port, name }: Exporter, backAt: number): Promise<number | undefined> {
	while (performance.now() - backAt < 60_000) {
		const scraper = new Scraper(port);
		const body = await scraper.scrape(2000).then(
			(answer) => answer.body.toString(),
			() => '',
		);
		scraper.close();
		const isBack = upNames.some((up) => new RegExp(`^${up} 1$`, 'm').test(body));
		if (isBack) return performance.now() - backAt;
		// It says nothing of the database at all, so nobody can tell.
		if (body !== '' && name === 'prometheus-sql-exporter') return undefined;
		await new Promise((resolve) => setTimeout(resolve, 100));
	}
	return undefined;
}

const upNames = ['tidemark_up', 'pg_up'];

/** What an exposition says of its database and of the age of its numbers. */
function statementOf(body: string): string {
	const lines = body
		.split('\n')
		.filter((line) =>
			/^(tidemark_up|pg_up|tidemark_last_sample_age_seconds|pg_exporter_last_scrape_error) /.test(
				line,
			),
		);
	return lines.length > 0
		? lines.join(', ')
		: `says nothing of it (${body.split('\n').length} lines)`;
}

/** Stops or continues a server with all its processes, as a frozen machine would. */
export function signalServer(pid: number, signal: 'SIGSTOP' | 'SIGCONT'): void {
	// The postmaster is stopped first and continued last, so that no child is born in between.
	const all = signal === 'SIGSTOP' ? [pid, ...childrenOf(pid)] : [...childrenOf(pid), pid];
	for (const each of all) {
		try {
			process.kill(each, signal);
		} catch {
			// A child that has just ended.
		}
	}
}

const childrenOf = (pid: number): number[] =>
	readdirSync('/proc')
		.filter((name) => /^\d+$/.test(name))
		.map(Number)
		.filter((each) => {
			try {
				const text = readFileSync(`/proc/${each}/stat`, 'utf8');
				return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1]) === pid;
			} catch {
				return false;
			}
		});
