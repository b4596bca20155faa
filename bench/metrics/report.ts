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
				statementsPerScrape.toFixed(3),
				one.bytes,
			]),
		),
		'',
	].join('\n');
}

/** What a minute of scrapes cost the server. */
export type ServerLoad = {
	readonly name: string;
	readonly statements: number;
	/** Of these, those that only SET something. */
	readonly settings: number;
	readonly serverMs: number;
};

/** As a Markdown table with a heading. */
export function loadOnServerTable(loads: readonly ServerLoad[]): string {
	return [
		'A minute with a scrape every 15 s:',
		'',
		line(['exporter', 'SQL statements', 'of these SET', "the server's time"]),
		line(['---', '--:', '--:', '--:']),
		...loads.map(({ name, statements, settings, serverMs }) =>
			line([name, statements, settings, `${serverMs.toFixed(0)} ms`]),
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
