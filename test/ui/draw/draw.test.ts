import { describe, expect, test } from 'vitest';
import { displayWidth } from '../../../source/lib/text.ts';
import { toAscii } from '../../../source/ui/draw/ascii.ts';
import { boxLines } from '../../../source/ui/draw/box.ts';
import { chartLines, chartPoints } from '../../../source/ui/draw/chart.ts';
import { mark } from '../../../source/ui/draw/mark.ts';
import {
	clipLine,
	flowLines,
	lineText,
	lineWidth,
	padLine,
	span,
	spreadLine,
} from '../../../source/ui/draw/span.ts';
import { sparkline } from '../../../source/ui/draw/sparkline.ts';
import { tableLines } from '../../../source/ui/draw/table.ts';
import { createStyles, themeNames } from '../../../source/ui/draw/theme.ts';
import { wrapWords } from '../../../source/ui/draw/wrap.ts';
import { fc } from '../../support/properties.ts';

const anyText = fc.oneof(
	fc.string({ maxLength: 12 }),
	fc.constantFrom('日本語', 'é', '●▲', '│', '', '한국'),
);
const anyLine = fc.array(
	anyText.map((text) => span(text)),
	{ maxLength: 5 },
);
const anyWidth = fc.integer({ min: 0, max: 30 });

describe('lines', () => {
	test('are cut and filled to the cell, whatever they hold', () => {
		fc.assert(
			fc.property(anyLine, anyLine, anyWidth, (left, right, width) => {
				expect(lineWidth(clipLine(left, width))).toBeLessThanOrEqual(width);
				expect(lineWidth(padLine(left, width))).toBe(width);
				expect(lineWidth(spreadLine(left, right, width))).toBeLessThanOrEqual(width);
				if (lineWidth(left) <= width) expect(clipLine(left, width)).toEqual(left);
			}),
		);
	});

	test('show that something is missing', () => {
		expect(lineText(clipLine([span('oldest '), span('ready')], 9))).toBe('oldest r…');
		expect(lineText(clipLine([span('oldest '), span('ready')], 7))).toBe('oldest…');
		expect(lineText(clipLine([span('日本語')], 4))).toBe('日…');
	});

	test('keep the right end before the left one', () => {
		expect(lineText(spreadLine([span('a long text')], [span('end')], 11))).toBe('a long… end');
		expect(lineText(spreadLine([span('a long text')], [span('end')], 4))).toBe('a l…');
		expect(lineText(spreadLine([], [span('the end')], 4))).toBe('the…');
	});

	test('flow into rows where one is not enough', () => {
		const pieces = ['QUEUED 51', 'RUNNING 12', 'FAILED 3'].map((text) => [span(text)]);
		expect(flowLines(pieces, 22).map(lineText)).toEqual(['QUEUED 51  RUNNING 12', 'FAILED 3']);
	});

	test('wrap between words, and leave a word whole', () => {
		expect(wrapWords('is the server running', 10)).toEqual(['is the', 'server', 'running']);
		expect(wrapWords('connection', 4)).toEqual(['connection']);
	});
});

describe('a table', () => {
	const columns = [
		{ title: 'source', leastWidth: 6 },
		{ title: 'queued', isNumber: true },
		{ title: 'stuck', isNumber: true, rank: 1 },
		{ title: 'note', rank: 2 },
	];
	const rows = [
		['autopilot', '1,204', '2', 'slow'],
		['chat', '3', '0', ''],
	];
	test.each([
		[
			40,
			[
				'source     queued  stuck  note',
				'autopilot   1,204      2  slow',
				'chat            3      0',
			],
		],
		[
			28,
			['source   queued  stuck  note', 'autopi…   1,204      2  slow', 'chat          3      0'],
		],
		[24, ['source     queued  stuck', 'autopilot   1,204      2', 'chat            3      0']],
		[14, ['source  queued', 'autop…   1,204', 'chat         3']],
		[5, ['sour…', 'auto…', 'chat…']],
	])('in %d columns', (width, expected) => {
		const lines = tableLines(columns, rows, width).map((line) => lineText(line).trimEnd());
		expect(lines).toEqual(expected);
	});
});

describe('a box', () => {
	test('has exactly its size, with its tag where there is room for it', () => {
		const box = { title: [span('1 Tasks')], tag: [span('12s old')], content: [[span('x')]] };
		expect(boxLines(box, 26, 3).map(lineText)).toEqual([
			'╭ 1 Tasks ───── 12s old ─╮',
			'│ x                      │',
			'╰────────────────────────╯',
		]);
		expect(boxLines(box, 16, 3).map(lineText)[0]).toBe('╭ 1 Tasks ─────╮');
	});

	test('of any size keeps it', () => {
		fc.assert(
			fc.property(anyLine, anyLine, anyWidth, anyWidth, (title, tag, width, height) => {
				const lines = boxLines({ title, tag, content: [title] }, width, height);
				expect(lines).toHaveLength(height);
				for (const line of lines) expect(lineWidth(line)).toBe(width);
			}),
		);
	});
});

describe('bars', () => {
	test.each([
		[[0, 1, 4, 8], '▁▁▄█'],
		[[5, undefined, 5], '█ █'],
		[[0, 0], '▁▁'],
		[[undefined], ' '],
		[[-3, 2], '▁█'],
		[[], ''],
	])('%j', (values, expected) => {
		expect(sparkline(values)).toBe(expected);
	});
});

describe('a chart', () => {
	const text = { title: 'queued', format: (value: number) => value.toFixed(0), span: 'last 10m' };

	test('is drawn from zero to the greatest value, the unknown left free', () => {
		const values = [undefined, undefined, 1, 2, 4, 4, 2, 1, 0, 0, 3, 4];
		expect(chartLines(values, text, 20, 6).map(lineText)).toEqual([
			'queued, last 10m',
			'      4┤    ╭─╮    ╭',
			'      3┤    │ │   ╭╯',
			'      2┤   ╭╯ ╰╮  │ ',
			'      1┤  ─╯   ╰╮ │ ',
			'      0┤        ╰─╯ ',
		]);
	});

	test('has each number of its scale at the row that is nearest to it', () => {
		const lines = chartLines([0, 2, 0, 2], text, 20, 10).map((each) => lineText(each).slice(0, 8));
		expect(lines.slice(1)).toEqual([
			'      2┤',
			'       ┤',
			'       ┤',
			'       ┤',
			'      1┤',
			'       ┤',
			'       ┤',
			'       ┤',
			'      0┤',
		]);
	});

	test('takes what no database should hold', () => {
		const lines = chartLines([1, Number.POSITIVE_INFINITY, 1e300, -5], text, 20, 6).map(lineText);
		expect(lines[1]).toContain('╭─');
		expect(lines).toHaveLength(6);
	});

	test('has no more rows and columns than it was given, whatever the values', () => {
		const value = fc.option(fc.double(), { nil: undefined });
		const size = fc.tuple(fc.integer({ min: 0, max: 80 }), fc.integer({ min: 0, max: 20 }));
		fc.assert(
			fc.property(fc.array(value, { maxLength: 90 }), size, (values, [width, height]) => {
				const known = values.map((each) => (Number.isNaN(each) ? undefined : each));
				const lines = chartLines(known.slice(-chartPoints(width)), text, width, height);
				expect(lines.length).toBeLessThanOrEqual(height);
				for (const line of lines.slice(1)) expect(lineWidth(line)).toBeLessThanOrEqual(width);
			}),
		);
	});
});

describe('what is not ASCII', () => {
	test('is drawn with what is, cell by cell', () => {
		expect(toAscii('╭ ● ▲ ✖ ◌ ─│▁▂▃▄▅▆▇█…–')).toBe('+ o ! X ? -|_.-=+*%#~-');
		expect(toAscii('日本 é')).toBe('???? ?');
	});
	test('keeps its width', () => {
		fc.assert(
			fc.property(anyText, (text) => {
				expect(displayWidth(toAscii(text))).toBe(displayWidth(text));
			}),
		);
	});
});

describe('styles', () => {
	const every = [
		undefined,
		'ok',
		'warn',
		'critical',
		'unknown',
		'accent',
		'muted',
		'focus',
		'production',
		'label-yellow',
	] as const;
	const all = (styleOf: ReturnType<typeof createStyles>) =>
		every.map((tone) => styleOf(tone === undefined ? { text: '' } : { text: '', tone }));

	test('are sixteen colours at most, and none without colour', () => {
		for (const theme of themeNames) {
			for (const style of all(createStyles(theme, true))) {
				expect(style).toMatch(/^$|^(1;|2;)?(7;)?((3|9)[0-7]|1|2|7)$/);
			}
			expect(all(createStyles(theme, false)).join(';')).not.toMatch(/[39]\d/);
		}
	});

	test('tell the four states apart without red and green', () => {
		const styleOf = createStyles('color-blind', true);
		const states = (['ok', 'warn', 'critical', 'unknown'] as const).map((each) =>
			styleOf(mark(each)),
		);
		expect(new Set(states).size).toBe(4);
		expect(states.join(';')).not.toMatch(/3[12]|9[12]/);
	});

	test('step back together: what is stale is dim and never bold', () => {
		expect(createStyles('dark', true)({ text: '', tone: 'critical', isDim: true })).toBe('2;31');
		expect(createStyles('dark', false)({ text: '', tone: 'critical', isDim: true })).toBe('2');
		expect(createStyles('dark', true)({ text: '', isInverse: true })).toBe('7');
	});
});
