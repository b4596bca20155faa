import { type Line, line, span } from '../draw/span.ts';
import type { Sieve } from '../sieve.ts';

/** What is held back, such as `/hourly  problems only`, with a cursor while it is typed; else nothing. */
export const sieveLine = (sieve: Sieve): Line =>
	line(
		sieve.query !== '' || sieve.isTyping ? span('/', 'accent') : undefined,
		span(sieve.query, 'strong'),
		sieve.isTyping ? { text: ' ', isInverse: true } : undefined,
		sieve.isProblemsOnly && (sieve.query !== '' || sieve.isTyping) ? '  ' : undefined,
		sieve.isProblemsOnly ? span('problems only', 'warn') : undefined,
	);
