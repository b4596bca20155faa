import { request } from 'node:http';
import type { Parts } from '../../source/compose.ts';
import { createExporter, type Exporter } from '../../source/metrics/exporter.ts';
import { QueryMetrics } from '../../source/metrics/query-metrics.ts';
import { keepProduced } from '../support/produced.ts';
import { composeFor } from '../support/sampling.ts';

/** An exporter on a database, with the parts it is made of. */
export type TestExporter = {
	readonly parts: Parts;
	readonly exporter: Exporter;
	stop(): Promise<void>;
};

/** Composes as `tidemark serve` does; nothing runs until it is scraped. */
export function exporterFor(
	url: string,
	flags: Readonly<Record<string, string | readonly string[]>> = {},
	ttlMs = 8000,
): TestExporter {
	const queries = new QueryMetrics();
	const parts = composeFor(url, flags, queries.observe);
	const { samplers, store, loop } = parts;
	const exporter = createExporter({
		samplers,
		store,
		loop,
		queries,
		ttlMs,
		version: '1.2.3',
	});
	return {
		parts,
		exporter,
		stop: () => parts.stop(),
	};
}

/** An exposition's series by their whole left side, such as `up{job="a"}`, and the types by name. */
export type Exposed = {
	readonly series: ReadonlyMap<string, number>;
	readonly types: ReadonlyMap<string, string>;
	/** Values of a metric by the text of its labels, `""` without any. */
	of(name: string): Record<string, number>;
};

/** Reads the text format; a line that isn't one, or a series that comes twice, throws. */
export function parseExposition(text: string): Exposed {
	const series = new Map<string, number>();
	const types = new Map<string, string>();
	for (const line of text.split('\n')) {
		const [, typed, type] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
		if (typed && type) types.set(typed, type);
		if (line === '' || line.startsWith('#')) continue;
		const [, key = '', value] = /^([a-zA-Z_:][\w:]*(?:\{.*\})?) (\S+)$/.exec(line) ?? [];
		if (!key || value === undefined) throw new Error(`not a series: ${line}`);
		if (series.has(key)) throw new Error(`comes twice: ${key}`);
		series.set(key, Number(value.replace('Inf', 'Infinity')));
	}
	return {
		series,
		types,
		of: (name) =>
			Object.fromEntries(
				[...series]
					.filter(([key]) => key === name || key.startsWith(`${name}{`))
					.map(([key, value]) => [key.slice(name.length).replace(/^\{|\}$/g, ''), value]),
			),
	};
}

/** One scrape in the text format. */
export const scrape = async (exporter: Exporter): Promise<Exposed> =>
	parseExposition(String(await exporter.scrape('text')));

/** What an HTTP request was answered. */
export type HttpAnswer = {
	readonly status: number;
	readonly headers: Readonly<Record<string, string | string[] | undefined>>;
	readonly body: string;
};

/** One HTTP request on a connection of its own. */
export function ask(
	port: number,
	path: string,
	options: { readonly method?: string; readonly headers?: Record<string, string> } = {},
): Promise<HttpAnswer> {
	return new Promise((resolve, reject) => {
		const sent = request(
			{ port, host: '127.0.0.1', path, agent: false, ...options },
			(response) => {
				const chunks: Buffer[] = [];
				response.on('data', (chunk) => chunks.push(chunk));
				response.on('end', () => {
					const body = Buffer.concat(chunks).toString();
					keepProduced(body);
					resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
				});
			},
		);
		sent.on('error', reject);
		sent.end();
	});
}
