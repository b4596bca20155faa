import type { Inside } from './inside.ts';

/** What was found after so many refreshes. */
export type Level = Inside & {
	readonly refreshes: number;
	/** Sessions that the server knows of, and open files of the process. */
	readonly connections: number;
	readonly files: number;
};

/** How much a level may rise after the first tenth, as a share of it. */
export const allowedGrowth = 0.05;

/** What is compared, and how far apart two medians of it may be: a share, or a number of things. */
const measures = {
	heapUsed: { share: allowedGrowth },
	external: { share: allowedGrowth },
	rss: { share: allowedGrowth },
	// A question that is under way is one, and a refresh has thirty: even medians of ten looks differ.
	emitters: { count: 15 },
	functions: { share: allowedGrowth },
	handles: { count: 2 },
	timers: { count: 2 },
	files: { count: 2 },
	connections: { count: 0 },
} as const satisfies Partial<Record<keyof Level, { share: number } | { count: number }>>;

/** A name of what is measured. */
export type Measure = keyof typeof measures;

export const measureNames = Object.keys(measures) as readonly Measure[];

/** How one measure went: its median in each window of the run, and whether it stayed level. */
export type Course = {
	readonly measure: Measure;
	/** The first window after everything is filled that fills, the highest after it, and the last. */
	readonly settled: number;
	readonly highest: number;
	readonly last: number;
	readonly isLevel: boolean;
};

/** An hour of the program's own time at 2 s: then its history is full. */
const historyRefreshes = 1800;
const windows = 9;

/** What comes before is for what has to fill: the first tenth, in a short run the hour of history. */
export const settledAfter = (levels: readonly Level[]): number =>
	Math.max((levels.at(-1)?.refreshes ?? 0) / 10, historyRefreshes);

/**
 * Compares windows of a run, a tenth each, by the median in each: one look may meet a large table or a
 * refresh under way, ten hardly do.
 */
export function judge(levels: readonly Level[]): Course[] {
	const settled = levels.filter(({ refreshes }) => refreshes > settledAfter(levels));
	const grouped = Array.from({ length: windows }, (_, window) =>
		settled.filter((_, at) => Math.floor((at * windows) / settled.length) === window),
	).filter((some) => some.length > 0);
	return measureNames.map((measure) => {
		const medians = grouped.map((some) => median(some.map((level) => level[measure])));
		const [first = Number.NaN] = medians;
		const highest = Math.max(...medians);
		const allowed = measures[measure];
		const limit = 'share' in allowed ? first * (1 + allowed.share) : first + allowed.count;
		return {
			measure,
			settled: first,
			highest,
			last: medians.at(-1) ?? Number.NaN,
			isLevel: highest <= limit,
		};
	});
}

const median = (values: readonly number[]): number =>
	values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

const columns = ['refreshes', ...measureNames] as const;

/** The levels as comma-separated values, with a line of names before them. */
export const toCsv = (levels: readonly Level[]): string =>
	[columns.join(), ...levels.map((level) => columns.map((name) => level[name]).join())]
		.map((line) => `${line}\n`)
		.join('');

/** Reads what {@link toCsv} wrote. */
export function fromCsv(text: string): Level[] {
	const [head = '', ...lines] = text.trim().split('\n');
	const names = head.split(',');
	return lines.map(
		(line) =>
			Object.fromEntries(
				line.split(',').map((value, at) => [names[at], Number(value)]),
			) as unknown as Level,
	);
}
