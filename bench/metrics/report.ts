import type { Outage } from './frozen.ts';
import type { Latencies, Throughput } from './load.ts';

/** What one exporter did. */
export type Row = {
	readonly name: string;
	readonly one: Latencies;
	readonly eight: Throughput;
	readonly statementsPerScrape: number;
};

const line = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;

/** As a Markdown table. */
export function loadTable(rows: readonly Row[], scrapes: number): string {
	return [
		line([
			'exporter',
			`p50 of ${scrapes}`,
			'p99',
			'longest',
			'scrapes/s at 8 connections',
			'CPU per scrape',
			'SQL statements per scrape',
			'bytes',
		]),
		line(['---', ...Array(7).fill('--:')]),
		...rows.map(({ name, one, eight, statementsPerScrape }) =>
			line([
				name,
				`${one.p50Ms.toFixed(2)} ms`,
				`${one.p99Ms.toFixed(2)} ms`,
				`${one.longestMs.toFixed(1)} ms`,
				Math.round(eight.perSecond),
				`${eight.cpuMs.toFixed(3)} ms`,
				statementsPerScrape.toFixed(2),
				one.bytes,
			]),
		),
		'',
	].join('\n');
}

/** As a Markdown table with a heading. */
export function outageTable(title: string, outages: ReadonlyMap<string, Outage>): string {
	return [
		`${title}, one scrape a second:`,
		'',
		line([
			'exporter',
			'answered',
			'longest',
			'first answer says',
			'last answer says',
			'says it is back after',
		]),
		line(['---', '--:', '--:', '---', '---', '--:']),
		...[...outages].map(([name, { answered, asked, longestMs, first, last, recoveredAfterMs }]) =>
			line([
				name,
				`${answered} of ${asked}`,
				`${Math.round(longestMs)} ms`,
				first,
				last,
				recoveredAfterMs === undefined ? 'never says' : `${Math.round(recoveredAfterMs)} ms`,
			]),
		),
		'',
	].join('\n');
}
