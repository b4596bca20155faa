import { readFileSync } from 'node:fs';
import { Scraper } from './client.ts';
import type { Exporter } from './exporters.ts';

/** How long each of many scrapes took, one after the other. */
export type Latencies = {
	readonly p50Ms: number;
	readonly p99Ms: number;
	readonly longestMs: number;
	readonly bytes: number;
	/** Processor time of the exporter for one scrape, in ms. */
	readonly cpuMs: number;
};

/** How many scrapes a second several connections get, all asking as fast as they are answered. */
export type Throughput = { readonly perSecond: number; readonly cpuMs: number };

/** Scrapes before those that are measured. */
export const warmUp = 200;

/** The medians of several rounds: the machine has other things to do now and then. */
export async function latencies(
	exporter: Exporter,
	count: number,
	rounds: number,
): Promise<Latencies> {
	const all: Latencies[] = [];
	for (let round = 0; round < rounds; round += 1) all.push(await latenciesOnce(exporter, count));
	const median = (name: keyof Latencies) =>
		all.map((each) => each[name]).toSorted((a, b) => a - b)[rounds >> 1] ?? 0;
	return {
		p50Ms: median('p50Ms'),
		p99Ms: median('p99Ms'),
		longestMs: median('longestMs'),
		bytes: median('bytes'),
		cpuMs: median('cpuMs'),
	};
}

/** `count` scrapes on one connection, after as many as it takes for the code to be compiled. */
async function latenciesOnce({ port, pid }: Exporter, count: number): Promise<Latencies> {
	const scraper = new Scraper(port);
	for (let warm = 0; warm < warmUp; warm += 1) await scraper.scrape();
	const tookMs: number[] = [];
	let bytes = 0;
	const cpuBefore = cpuMsOf(pid);
	for (let each = 0; each < count; each += 1) {
		const started = performance.now();
		bytes = (await scraper.scrape()).bytes;
		tookMs.push(performance.now() - started);
	}
	const cpuMs = (cpuMsOf(pid) - cpuBefore) / count;
	scraper.close();
	tookMs.sort((a, b) => a - b);
	const at = (share: number) => tookMs[Math.min(count - 1, Math.floor(share * count))] ?? 0;
	return { p50Ms: at(0.5), p99Ms: at(0.99), longestMs: tookMs.at(-1) ?? 0, bytes, cpuMs };
}

/** Scrapes on `connections` connections for `seconds`. */
export async function throughput(
	{ port, pid }: Exporter,
	connections: number,
	seconds: number,
): Promise<Throughput> {
	const endsAt = performance.now() + seconds * 1000;
	const cpuBefore = cpuMsOf(pid);
	const started = performance.now();
	const counts = await Promise.all(
		Array.from({ length: connections }, async () => {
			const scraper = new Scraper(port);
			let count = 0;
			for (; performance.now() < endsAt; count += 1) await scraper.scrape();
			scraper.close();
			return count;
		}),
	);
	const total = counts.reduce((sum, count) => sum + count, 0);
	const tookSeconds = (performance.now() - started) / 1000;
	return { perSecond: total / tookSeconds, cpuMs: (cpuMsOf(pid) - cpuBefore) / total };
}

/** Processor time that a process has had, user and system, in ms; a tick is 10 ms. */
export function cpuMsOf(pid: number): number {
	const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
	const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
	return (Number(fields[11]) + Number(fields[12])) * 10;
}
