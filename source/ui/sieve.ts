import { type Typing, typed } from './typing.ts';

/** What is let through of rows, panels or events: those that contain some words, or only problems. */
export type Sieve = Typing & { readonly isProblemsOnly: boolean };

/** Lets everything through. */
export const openSieve: Sieve = { query: '', isTyping: false, isProblemsOnly: false };

/** Whether it holds anything back. */
export const isSieving = ({ query, isProblemsOnly }: Sieve): boolean =>
	query !== '' || isProblemsOnly;

/** The sieve after a key; undefined for a key that isn't about it. */
export function pressSieve(
	sieve: Sieve,
	{ key, intent }: { readonly key: string; readonly intent: string | undefined },
): Sieve | undefined {
	if (sieve.isTyping) return typed(sieve, key);
	if (intent === 'filter') return { ...sieve, isTyping: true };
	if (intent === 'problems') return { ...sieve, isProblemsOnly: !sieve.isProblemsOnly };
	if (intent === 'back' && isSieving(sieve)) return openSieve;
	return undefined;
}

/** Whether a text has all words of the query in it, in any order and case. */
export function matches(query: string, text: string): boolean {
	const lower = text.toLowerCase();
	return query
		.toLowerCase()
		.split(/\s+/)
		.every((word) => lower.includes(word));
}
