import type { Environment } from '../console-context.ts';
import { type Line, span } from '../draw/span.ts';

/** What the user calls a database, in its colour; production is said in a word as well. */
export function nameLine({
	target,
	color,
	isProduction,
}: Pick<Environment, 'target' | 'color' | 'isProduction'>): Line {
	const name = [span(target, color ? `label-${color}` : 'accent')];
	if (!isProduction) return name;
	const isSaid = /^prod(uction)?$/i.test(target);
	const word = span(' PRODUCTION ', 'production');
	return isSaid ? [word] : [...name, { text: ' ' }, word];
}
