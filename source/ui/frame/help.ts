import type { Binding, KeyFacts } from '../binding.ts';
import { mark } from '../draw/mark.ts';
import { clipLine, type Line, line, span } from '../draw/span.ts';
import { bindings } from '../keymap.ts';

const legend: readonly Line[] = [
	line(mark('ok'), ' well'),
	line(mark('warn'), ' should be looked at'),
	line(mark('critical'), ' needs someone now'),
	line(mark('unknown'), ' not known; never counts as well. Dim: older than twice its interval'),
];

const keyWidth = Math.max(...bindings.map(({ shown }) => shown.length)) + 2;

const matches = ({ shown, description, intent }: Binding, query: string): boolean =>
	`${shown} ${intent} ${description}`.toLowerCase().includes(query.toLowerCase());

/** The help as lines: every key with what it does, and why where it can do nothing now. */
export function helpLines(query: string, facts: KeyFacts, width: number): readonly Line[] {
	const found = bindings.filter((binding) => matches(binding, query));
	const keys = found.map((binding) => {
		const reason = binding.reason?.(facts);
		return line(
			span(binding.shown.padEnd(keyWidth), reason === undefined ? 'accent' : 'muted'),
			span(binding.description, reason === undefined ? undefined : 'muted'),
			reason === undefined ? undefined : span(` (${reason})`, 'muted'),
		);
	});
	const none = line(span(`no key is about "${query}"`, 'muted'));
	const all = found.length === 0 ? [none] : keys;
	return (query === '' ? [...all, [], ...legend] : all).map((each) => clipLine(each, width));
}
