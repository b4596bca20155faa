import type { Binding, KeyFacts, Place } from '../binding.ts';
import { clipLine, type Line, line, lineWidth, span } from '../draw/span.ts';
import { bindings, reasonOf } from '../keymap.ts';

/** While letters are typed these are the only keys. */
const typingLine: Line = line(
	span(' enter', 'accent'),
	' keep what was found  ',
	span('esc', 'accent'),
	' forget it',
);

/** In a field whose text is an answer, not something to look for. */
const answeringLine: Line = line(
	span(' enter', 'accent'),
	' take it  ',
	span('esc', 'accent'),
	' leave it as it was',
);

const choosingLine: Line = line(
	span(' enter', 'accent'),
	' run it  ',
	span('↑↓', 'accent'),
	' choose  ',
	span('esc', 'accent'),
	' close',
);

const typingLines: { readonly [At in Place]?: Line } = {
	palette: choosingLine,
	usage: answeringLine,
};

/** While something is asked or under way at the desk no other key means anything. */
const deskLines: Readonly<Record<string, Line>> = {
	asking: line(span(' esc', 'accent'), ' do nothing, and back to the list'),
	planning: line(span(' esc', 'accent'), ' give up  ', span('a', 'accent'), ' hide'),
	running: line(
		span(' p', 'accent'),
		' pause, go on  ',
		span('esc', 'accent'),
		' stop  ',
		span('a', 'accent'),
		' hide',
	),
};

const placeOf = ({ footer = 0, only }: Binding, facts: KeyFacts): number => {
	const place = typeof footer === 'number' ? footer : footer(facts);
	// What is only for where one is comes before what is for everywhere.
	return only === undefined || facts.place === 'overview' ? place : place - 3;
};

/** Last line: the keys that matter now; where it is narrow the later ones give way. */
export function footerLine(facts: KeyFacts, width: number): Line {
	if (facts.isTyping) return clipLine(typingLines[facts.place] ?? typingLine, width);
	const atDesk = facts.place === 'actions' ? deskLines[facts.desk.phase.kind] : undefined;
	if (atDesk !== undefined) return clipLine(atDesk, width);
	const shown = bindings
		.filter((binding) => binding.footer !== undefined && reasonOf(binding, facts) === undefined)
		.toSorted((a, b) => placeOf(a, facts) - placeOf(b, facts));
	let footer: Line = [];
	for (const binding of shown) {
		const shownNow = binding.shownNow?.(facts) ?? binding.shown;
		const [key, label] = [shownNow.split(',')[0] ?? '', binding.label(facts)];
		const next = line(footer, footer.length > 0 ? '  ' : ' ', span(key, 'accent'), ` ${label}`);
		if (lineWidth(next) > width) break;
		footer = next;
	}
	return clipLine(footer, width);
}
