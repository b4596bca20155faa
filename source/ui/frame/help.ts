import type { Binding, KeyFacts } from '../binding.ts';
import { mark } from '../draw/mark.ts';
import { clipLine, type Line, line, span } from '../draw/span.ts';
import { wrapWords } from '../draw/wrap.ts';
import { bindings, reasonOf } from '../keymap.ts';

const legend: readonly Line[] = [
	line(mark('ok'), ' well'),
	line(mark('warn'), ' should be looked at'),
	line(mark('critical'), ' needs someone now'),
	line(mark('unknown'), ' not known; never counts as well. Dim: older than twice its interval'),
];

const keyWidth = Math.max(...bindings.map(({ shown }) => shown.length)) + 2;

const matches = ({ shown, description, intent }: Binding, query: string): boolean =>
	`${shown} ${intent} ${description}`.toLowerCase().includes(query.toLowerCase());

const muted = ['muted', 'muted'] as const;

/** The help as lines: every key with what it does, and why where it can do nothing now. */
export function helpLines(query: string, facts: KeyFacts, width: number): readonly Line[] {
	const found = bindings.filter((binding) => matches(binding, query));
	const keys = found.flatMap((binding) => {
		const reason = reasonOf(binding, facts);
		const [keyTone, tone] = reason === undefined ? (['accent', undefined] as const) : muted;
		const words = reason === undefined ? binding.description : `${binding.description} (${reason})`;
		return wrapWords(words, Math.max(1, width - keyWidth)).map((text, at) =>
			line(span((at === 0 ? binding.shown : '').padEnd(keyWidth), keyTone), span(text, tone)),
		);
	});
	const none = line(span(`no key is about "${query}"`, 'muted'));
	const all = found.length === 0 ? [none] : keys;
	return (query === '' ? [...all, [], ...legend] : all).map((each) => clipLine(each, width));
}
