import type { KeyFacts } from '../binding.ts';
import { clipLine, type Line, line, lineWidth, span } from '../draw/span.ts';
import { bindings } from '../keymap.ts';

/** While letters are typed these are the only keys. */
const typingLine: Line = line(
	span(' enter', 'accent'),
	' keep what was found  ',
	span('esc', 'accent'),
	' forget it',
);

/** Last line: the keys that matter now; where it is narrow the later ones give way. */
export function footerLine(facts: KeyFacts, width: number): Line {
	if (facts.isTyping) return clipLine(typingLine, width);
	const shown = bindings
		.filter(({ footer, reason }) => footer !== undefined && reason?.(facts) === undefined)
		.toSorted((a, b) => (a.footer ?? 0) - (b.footer ?? 0));
	let footer: Line = [];
	for (const binding of shown) {
		const [key, label] = [binding.shown.split(',')[0] ?? '', binding.label(facts)];
		const next = line(footer, footer.length > 0 ? '  ' : ' ', span(key, 'accent'), ` ${label}`);
		if (lineWidth(next) > width) break;
		footer = next;
	}
	return clipLine(footer, width);
}
