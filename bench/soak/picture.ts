/**
 * Draws the levels of a soak as an SVG: `npm run soak:picture -- FILE.csv FILE.svg`. Each measure is
 * drawn against its level once it has settled, so that a leak of any of them is a rising line.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fromCsv, judge, type Level, type Measure, settledAfter } from './levels.ts';

const size = { width: 760, height: 300, left: 52, right: 210, top: 30, bottom: 40 } as const;
/** The scale goes from none to this share of the settled level. */
const top = 1.5;
const shown: readonly (readonly [Measure, string, string])[] = [
	['heapUsed', '#1f77b4', 'live heap'],
	['rss', '#d62728', 'resident memory'],
	['functions', '#2ca02c', 'functions'],
	['handles', '#9467bd', 'handles'],
	['connections', '#ff7f0e', 'connections'],
];

function picture(levels: readonly Level[]): string {
	const courses = new Map(judge(levels).map((course) => [course.measure, course]));
	const last = levels.at(-1)?.refreshes ?? 1;
	const { width, height, left, right, bottom } = size;
	const plotWidth = width - left - right;
	const plotHeight = height - size.top - bottom;
	const x = (refreshes: number) => (left + (refreshes / last) * plotWidth).toFixed(1);
	const y = (share: number) =>
		(size.top + plotHeight - (Math.min(share, top) / top) * plotHeight).toFixed(1);
	const lines = shown.flatMap(([measure, color, name], at) => {
		const settled = courses.get(measure)?.settled ?? Number.NaN;
		const points = levels.map((each) => `${x(each.refreshes)},${y(each[measure] / settled)}`);
		const unit = measure === 'heapUsed' || measure === 'rss';
		const amount = unit ? `${(settled / 1e6).toFixed(1)} MB` : settled.toLocaleString('en');
		return [
			`<polyline points="${points.join(' ')}" fill="none" stroke="${color}" stroke-width="1.5"/>`,
			`<text x="${width - right + 10}" y="${size.top + 20 + at * 20}" fill="${color}">${name}: ${amount}</text>`,
		];
	});
	const grid = [0, 0.5, 1, 1.5].flatMap((share) => [
		`<line x1="${left}" x2="${width - right}" y1="${y(share)}" y2="${y(share)}" stroke="#ddd"/>`,
		`<text x="${left - 6}" y="${Number(y(share)) + 4}" text-anchor="end">${share * 100} %</text>`,
	]);
	const tenths = [0, 0.1, 0.5, 1].map(
		(share) =>
			`<text x="${x(share * last)}" y="${height - bottom + 18}" text-anchor="middle">${Math.round(share * last).toLocaleString('en')}</text>`,
	);
	return [
		`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12" fill="#444">`,
		'<title>Memory and handles over the refreshes of a soak</title>',
		`<rect width="${width}" height="${height}" fill="#fff"/>`,
		`<text x="${left}" y="18" font-size="14">What lives in the console over ${last.toLocaleString('en')} refreshes (100 %: the median just after the grey part)</text>`,
		`<rect x="${left}" y="${size.top}" width="${((settledAfter(levels) / last) * plotWidth).toFixed(1)}" height="${plotHeight}" fill="#f3f3f3"/>`,
		...grid,
		...tenths,
		`<text x="${left + plotWidth / 2}" y="${height - 6}" text-anchor="middle">refreshes; grey: the hour of history and the first tenth fill</text>`,
		...lines,
		'</svg>',
		'',
	].join('\n');
}

const [from, to] = process.argv.slice(2);
if (from === undefined || to === undefined)
	throw new Error('run it as: npm run soak:picture -- FILE.csv FILE.svg');
writeFileSync(to, picture(fromCsv(readFileSync(from, 'utf8'))));
