import { describe, expect, it } from 'vitest';
import {
	clip,
	displayWidth,
	padEnd,
	padStart,
	sanitise,
	sanitiseLines,
} from '../../source/lib/text.ts';
import { fc } from '../support/properties.ts';

const cases: readonly [what: string, text: unknown, expected: string][] = [
	['plain text', 'agent-7 (claude)', 'agent-7 (claude)'],
	[
		'letters of other scripts',
		'Größe, 日本語, Việt, ภาษาไทย, עברית',
		'Größe, 日本語, Việt, ภาษาไทย, עברית',
	],
	['colour', 'a\x1b[31mred\x1b[0mb', 'a·red·b'],
	['eight-bit CSI', 'a\x9b2Jb', 'a·b'],
	['a window title', '\x1b]0;owned\x07x', '·x'],
	['a title ended by ST', '\x1b]2;owned\x1b\\x', '·x'],
	['a clipboard write', 'x\x1b]52;c;cm0gLXJm\x07', 'x·'],
	['a device string', '\x1bP$q"p\x1b\\x', '·x'],
	['an unfinished title', 'a\x1b]0;owned', 'a·]0;owned'],
	['an unfinished CSI', 'a\x1b[31', 'a·[31'],
	['charset shift', 'a\x1b(0b', 'a·b'],
	['full reset', 'a\x1bcb', 'a·b'],
	['line breaks', 'one\r\ntwo\nthree', 'one·two·three'],
	['line separators', 'a\u2028b\u2029c\u0085d\vf\fg', 'a·b·c·d·f·g'],
	['tab', 'a\tb', 'a b'],
	['NUL, BEL, BS, DEL', 'a\0b\x07c\bd\x7fe', 'a·b·c·d·e'],
	['a run of controls', 'a\x01\x02\x03b', 'a·b'],
	['bidi override', 'abc\u202efdp.exe\u202c', 'abc·fdp.exe·'],
	['bidi isolates and marks', '\u2066a\u2069\u200e\u200fb\u061c', '·a·b·'],
	['zero width', 'a\u200bb\u200cc\u200dd\ufeffe\u2060f\u00adg', 'a·b·c·d·e·f·g'],
	['tag characters', `a${String.fromCodePoint(0xe0041, 0xe0042, 0xe007f)}b`, 'a·b'],
	['variation selector', '❤\ufe0f ok', '❤ ok'],
	['variation selectors hiding data', `a${'\ufe00\ufe01\ufe0f'.repeat(30)}b`, 'a·b'],
	['supplementary variation selectors', `a${String.fromCodePoint(0xe0100, 0xe01ef)}b`, 'a·b'],
	['lone surrogates', 'a\ud800b\udc00c', 'a·b·c'],
	['private use, noncharacters', 'a\ue0a0b\uffffc', 'a·b·c'],
	['a stack of marks', `z${'\u0301\u0336\u035f'.repeat(20)}algo`, 'ź\u0336\u0336\u0336·algo'],
	['a mark without a letter', '\u0301a \u0301', '·a ·'],
	['two marks on a letter', 'ệ', 'ệ'],
	['an enclosing mark', '1\ufe0f\u20e3', '1·'],
	['emoji', 'ok 👍 🚀', 'ok 👍 🚀'],
	['skin tone', '👍🏽', '👍'],
	['family', '👨‍👩‍👧', '👨·👩·👧'],
	['flag', '🇩🇪', 'DE'],
	['Thai am', 'คำ', 'ค\u0e4d\u0e32'],
	['a letter that swallows the next', 'a\u0d4eb', 'a·b'],
	['a skin tone by itself', 'x🏽', 'x·'],
	['null', null, ''],
	['undefined', undefined, ''],
	['a number', 12.5, '12.5'],
	['a bigint', 12n, '12'],
	['an error', new Error('bad\nnews'), 'bad·news'],
	['an object that cannot be text', { toString: null, valueOf: null }, '·'],
];

// Everything a value may hold: any code point and any half of one, with more of the bad than chance gives.
const hostile = fc
	.array(
		fc.oneof(
			fc.string({ unit: 'binary' }),
			fc.string({ unit: 'grapheme' }),
			fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
			fc.integer({ min: 0, max: 0x10ffff }).map((point) => String.fromCodePoint(point)),
			fc.constantFrom(
				'\x1b[',
				'\x1b]0;',
				'\x9b',
				'\x07',
				'\n',
				'\u202e',
				'\u200d',
				'\ufe0f',
				'🏽',
				'👍',
				'é',
				'\u0301',
				'·',
				' ',
				'…',
				'\u1100',
				'\u1161',
			),
		),
		{ maxLength: 24 },
	)
	.map((parts) => parts.join(''));

const runs = { numRuns: 1000 };
const dangerous = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;

describe('sanitise', () => {
	it.each(cases)('%s', (_, text, expected) => {
		expect(sanitise(text)).toBe(expected);
	});

	it('lets nothing through that a terminal could act on', () => {
		fc.assert(
			fc.property(hostile, (text) => {
				expect(sanitise(text)).not.toMatch(dangerous);
			}),
			runs,
		);
	});

	it('changes nothing the second time', () => {
		fc.assert(
			fc.property(hostile, fc.integer({ min: 0, max: 60 }), (text, maxLength) => {
				const once = sanitise(text, { maxLength });
				expect(once.length).toBeLessThanOrEqual(maxLength);
				expect(sanitise(once, { maxLength })).toBe(once);
			}),
			runs,
		);
	});

	it('leaves no more than three marks on a letter', () => {
		fc.assert(
			fc.property(hostile, (text) => {
				expect(sanitise(text)).not.toMatch(/\p{M}{4}/u);
			}),
			runs,
		);
	});

	it('keeps printable ASCII as it is', () => {
		fc.assert(
			fc.property(fc.stringMatching(/^[ -~]*$/), (text) => {
				expect(sanitise(text, { maxLength: Infinity })).toBe(text);
			}),
		);
	});

	it('cuts with an ellipsis and never through a pair', () => {
		expect(sanitise('abcdef', { maxLength: 4 })).toBe('abc…');
		expect(sanitise('ab🚀def', { maxLength: 4 })).toBe('ab…');
		expect(sanitise('abcd', { maxLength: 4 })).toBe('abcd');
		expect(sanitise('abcd', { maxLength: 0 })).toBe('');
	});

	it('looks at no more of a megabyte than it shows', () => {
		const huge = 'z\u0301\u202e'.repeat(400_000);
		const startMs = performance.now();
		for (let round = 0; round < 200; round++) sanitise(huge);
		// Whole passes would take 200 times 30 ms; passes over 500 units take a few milliseconds in all.
		expect(performance.now() - startMs).toBeLessThan(1000);
		expect(sanitise(huge)).toMatch(/^(ź·){166}z…$/);
	});

	it('makes of any code point what keeps its width beside others', () => {
		const odd: string[] = [];
		for (let point = 0; point <= 0x10ffff; point++) {
			const text = sanitise(String.fromCodePoint(point));
			if (text === '·') continue;
			const width = displayWidth(text);
			const isKept =
				displayWidth(`│${text} `) === width + 2 && displayWidth(` ${text}│`) === width + 2;
			if (width < 1 || !isKept) odd.push(point.toString(16));
		}
		expect(odd).toEqual([]);
	});
});

describe('displayWidth', () => {
	it.each([
		['', 0],
		['abc', 3],
		['日本', 4],
		['👍', 2],
		['é', 1],
		['e\u0301', 1],
		['ｶﾞ', 2],
		['·…●▲✖◌', 6],
		['한글', 4],
	])('%j takes %i columns', (text, columns) => {
		expect(displayWidth(text)).toBe(columns);
	});
});

describe('clip', () => {
	it.each([
		['abcdef', 6, 'abcdef'],
		['abcdef', 5, 'abcd…'],
		['abcdef', 1, '…'],
		['abcdef', 0, ''],
		['abcdef', -1, ''],
		['日本語', 6, '日本語'],
		['日本語', 5, '日本…'],
		['日本語', 4, '日…'],
		['日本語', 2, '…'],
		['e\u0301e\u0301e\u0301', 3, 'e\u0301e\u0301e\u0301'],
		['e\u0301e\u0301e\u0301', 2, 'e\u0301…'],
		['a👍b', 3, 'a…'],
	])('%j in %i columns is %j', (text, width, expected) => {
		expect(clip(text, width)).toBe(expected);
	});

	it('takes another ellipsis, and none where there is no room for it', () => {
		expect(clip('abcdef', 5, '...')).toBe('ab...');
		expect(clip('abcdef', 2, '...')).toBe('ab');
	});

	it('never exceeds the width and changes nothing the second time', () => {
		fc.assert(
			fc.property(hostile, fc.integer({ min: 0, max: 30 }), (text, width) => {
				const safe = sanitise(text);
				const clipped = clip(safe, width);
				expect(displayWidth(clipped)).toBeLessThanOrEqual(width);
				expect(clip(clipped, width)).toBe(clipped);
				if (displayWidth(safe) <= width) expect(clipped).toBe(safe);
			}),
			runs,
		);
	});

	it('fills a cell exactly with padding', () => {
		fc.assert(
			fc.property(hostile, fc.integer({ min: 0, max: 30 }), (text, width) => {
				const cell = clip(sanitise(text), width);
				expect(displayWidth(padEnd(cell, width))).toBe(width);
				expect(displayWidth(padStart(cell, width))).toBe(width);
			}),
			runs,
		);
	});
});

it('several lines stay lines, each as safe as one', () => {
	expect(sanitiseLines('Error: \x1b]0;x\x07gone\n    at \u202ehere\n')).toBe(
		'Error: ·gone\n    at ·here\n',
	);
});

describe('padding', () => {
	it('counts columns', () => {
		expect(padEnd('日', 4)).toBe('日  ');
		expect(padStart('日', 4)).toBe('  日');
		expect(padEnd('abc', 2)).toBe('abc');
		expect(padStart('abc', 2)).toBe('abc');
	});
});
