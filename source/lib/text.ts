import stringWidth from 'string-width';

/** Stands where something was that a terminal must not see, or cannot show. */
export const neutralMark = '·';

/** How much of a value is looked at. */
export interface SanitiseOptions {
	/** Longest result, in UTF-16 units; default 500. What is cut off leaves an ellipsis. */
	readonly maxLength?: number;
}

/**
 * Makes any value one line of text that is safe to print and has the width it seems to have:
 * - escape sequences, control characters, line breaks, bidi controls, zero-width and other invisible
 *   characters, lone surrogates, private and unassigned code points become a `·`, a run of them one;
 * - of stacked combining marks three stay; marks without a letter, and enclosing ones, become a `·`;
 * - a tab becomes a space, a flag its two letters, an emoji sequence its parts: terminals disagree on
 *   the width of those.
 * Already safe text comes back as it is. Cuts first, so a megabyte costs no more than `maxLength`.
 */
export function sanitise(value: unknown, { maxLength = 500 }: SanitiseOptions = {}): string {
	const text = cut(textOf(value), maxLength);
	if (/^[ -~]*$/.test(text)) return text;
	const plain = text
		.replace(escapeSequence, neutralMark)
		.replace(/\t/g, ' ')
		.replace(invisibleModifier, '')
		.replace(/[\u0e33\u0eb3]/g, (vowel) => splitVowels[vowel] ?? vowel)
		.normalize('NFC')
		.replace(regionalIndicator, (letter) =>
			String.fromCodePoint((letter.codePointAt(0) ?? 0) - 0x1f1a5),
		)
		.replace(unprintable, neutralMark)
		.replace(baselessMarks, neutralMark)
		.replace(stackedMarks, neutralMark);
	return cut(plain, maxLength);
}

/** The same for text of several lines, such as a stack. */
export const sanitiseLines = (text: string): string =>
	text
		.split('\n')
		.map((each) => sanitise(each))
		.join('\n');

/**
 * A complete CSI, OSC (also DCS, SOS, PM, APC) or two-character sequence, seven or eight bit
 * (ECMA-48). An unfinished one falls to `unprintable`, which takes its first character only.
 */
const escapeSequence =
	/(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)|\x1b[ -/]+[0-~]|\x1b[0-OQ-WYZ\\`-~]/g;

/** One variation selector, or skin tones after an emoji that takes them: they only style what is before. */
const invisibleModifier =
	/(?<=\p{Emoji_Modifier_Base})[\ufe0e\ufe0f\p{Emoji_Modifier}]+|(?<=[^\p{M}\p{C}])[\ufe0e\ufe0f](?![\ufe00-\ufe0f])/gu;

const regionalIndicator = /[\u{1f1e6}-\u{1f1ff}]/gu;

/** A vowel that a terminal gives a column and string-width none, as the two parts it is made of. */
const splitVowels: Readonly<Record<string, string>> = {
	'\u0e33': '\u0e4d\u0e32',
	'\u0eb3': '\u0ecd\u0eb2',
};

/**
 * Controls, formats, surrogates, private and unassigned code points (\p{C}), line and paragraph
 * separators, whatever Unicode lets a font ignore, enclosing marks (keycaps), vowels and finals of
 * Hangul that found no syllable to join, skin tones without an emoji, and the letters that swallow
 * what follows (Grapheme_Cluster_Break=Prepend), be it the border of a panel.
 */
const unprintable =
	/[\p{C}\p{Zl}\p{Zp}\p{Me}\p{Default_Ignorable_Code_Point}\u1160-\u11ff\ud7b0-\ud7fb\p{Emoji_Modifier}\u0d4e\u{111c2}\u{111c3}\u{113d1}\u{1193f}\u{11941}\u{11a84}-\u{11a89}\u{11d46}\u{11f02}]+/gu;

const baselessMarks = /(?<=^|[\s·])\p{M}+/gu;
const stackedMarks = /(?<=\p{M}{3})\p{M}+/gu;

function textOf(value: unknown): string {
	if (typeof value === 'string') return value;
	if (value === null || value === undefined) return '';
	if (value instanceof Error) return value.message;
	try {
		return String(value);
	} catch {
		return neutralMark;
	}
}

function cut(text: string, maxLength: number): string {
	if (text.length <= maxLength) return text;
	if (maxLength < 1) return '';
	const kept = text.slice(0, maxLength - 1);
	// Not through the middle of a pair: the half would show as a mark.
	return `${/[\ud800-\udbff]$/.test(kept) ? kept.slice(0, -1) : kept}…`;
}

/**
 * Text of one column a character: ASCII and the glyphs that the screen is drawn with. Nearly all
 * text is; the tables of Unicode that the rest needs cost 20 ms to load, and are not loaded for it.
 */
export function isOneColumnEach(text: string): boolean {
	let known = oneColumnEach.get(text);
	if (known === undefined) {
		known = /^[ -~±·–‖…←-↓∞─-▟▲▸▾◌●✖]*$/.test(text);
		if (oneColumnEach.size >= mostRemembered) oneColumnEach.clear();
		oneColumnEach.set(text, known);
	}
	return known;
}

/** A screen says nearly the same words each time; looking them up is a tenth of looking at them. */
const oneColumnEach = new Map<string, boolean>();
const mostRemembered = 4000;

/** Columns a text takes on a terminal; Ink lays out by the same measure. */
export const displayWidth = (text: string): number =>
	isOneColumnEach(text) ? text.length : stringWidth(text, { countAnsiEscapeCodes: true });

let segmenter: Intl.Segmenter | undefined;

/** The text's characters as a reader counts them: a letter with its marks is one. */
export function* graphemesOf(text: string): Iterable<string> {
	if (isOneColumnEach(text)) {
		yield* text;
		return;
	}
	segmenter ??= new Intl.Segmenter();
	for (const { segment } of segmenter.segment(text)) yield segment;
}

/**
 * The text if it fits into `width` columns, else as much of it as fits together with the ellipsis.
 * Never wider than `width`, never half a character; expects sanitised text.
 */
export function clip(text: string, width: number, ellipsis = '…'): string {
	if (width <= 0) return '';
	if (isOneColumnEach(text) && text.length <= width) return text;
	const end = displayWidth(ellipsis) <= width ? ellipsis : '';
	const room = width - displayWidth(end);
	if (isOneColumnEach(text)) return text.slice(0, room) + end;
	let used = 0;
	let fitting = '';
	for (const grapheme of graphemesOf(text)) {
		const columns = displayWidth(grapheme);
		if (used + columns > room) {
			// What is left may still fit if no ellipsis is needed; only then is the rest measured.
			const rest = text.slice(fitting.length);
			const isAll = rest.length <= 4 * width + 64 && used + displayWidth(rest) <= width;
			return isAll ? text : fitting + end;
		}
		used += columns;
		fitting += grapheme;
	}
	return text;
}

/** The text with spaces after it up to `width` columns; a wider text stays as it is. */
export function padEnd(text: string, width: number): string {
	return text + ' '.repeat(Math.max(0, width - displayWidth(text)));
}

/** The text with spaces before it up to `width` columns; a wider text stays as it is. */
export function padStart(text: string, width: number): string {
	return ' '.repeat(Math.max(0, width - displayWidth(text))) + text;
}
